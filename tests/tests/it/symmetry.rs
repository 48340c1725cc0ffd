//! What the program takes to be alike is alike: renamed states take renamed steps, and one of them stands for all.

mod alike;
mod drawn;
mod search;

use model::machine::{Program, Stop, TaskId, World};
use model::symmetry::Symmetry;
use sim::engine::Halt;
use sim::odometer::Odometer;
use std::collections::BTreeSet;
use tests::explore::explore;
use tests::lab::Case;

/// A stream of numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    /// A permutation of the members of each orbit.
    fn renaming(&mut self, symmetry: &Symmetry<'_>) -> Vec<usize> {
        let mut to = Vec::new();
        for orbit in symmetry.orbits() {
            to.extend(orbit.clone());
            for at in (orbit.start + 1..orbit.end).rev() {
                to.swap(at, orbit.start + self.below(at + 1 - orbit.start));
            }
        }
        to
    }
}

fn tasks(program: &Program) -> std::ops::Range<TaskId> {
    0..program.task_count()
}

/// What a step comes to: the state behind it, or the finding's name.
fn outcome(world: &World<'_>, stepped: Result<(), Stop>) -> Result<Vec<u32>, String> {
    match stepped {
        Ok(()) => world.check().map(|()| world.cells().to_vec()).map_err(|finding| finding.name),
        Err(Stop::Finding(finding)) => Err(finding.name),
        Err(Stop::Room(_)) => Err("room".to_string()),
    }
}

/// Two states that differ by a renaming: every task of one can do what its namesake can, and it comes to the same.
fn commutes(symmetry: &mut Symmetry<'_>, state: &[u32], to: &[usize], world: &mut World<'_>) {
    let program = world.program();
    let mut renamed = state.to_vec();
    symmetry.apply(to, &mut renamed);
    let mut other = world.clone();
    world.restore(state);
    other.restore(&renamed);
    let name = |finding: model::machine::Finding| finding.name;
    assert_eq!(world.end().map_err(name), other.end().map_err(name));
    for condition in 0..program.conditions.len() {
        assert_eq!(world.holds(condition), other.holds(condition), "{}", program.conditions[condition].text);
    }
    for task in tasks(program) {
        let namesake = symmetry.renamed(to, task);
        world.restore(state);
        other.restore(&renamed);
        assert_eq!(world.status(task), other.status(namesake), "{}", world.task_name(task));
        if !world.enabled(task) {
            continue;
        }
        let (mut here, mut there) = (Odometer::new(), Odometer::new());
        loop {
            world.restore(state);
            other.restore(&renamed);
            let one = world.step(task, &mut here, &mut ());
            let mut one = outcome(world, one);
            let two = other.step(namesake, &mut there, &mut ());
            let two = outcome(&other, two);
            if let Ok(cells) = &mut one {
                symmetry.apply(to, cells);
            }
            assert!(
                one == two,
                "{} takes another step as {namesake}: {one:?} {two:?}",
                world.task_name(task)
            );
            assert_eq!(here.advance(), there.advance());
            if here.answers().next().is_none() {
                break;
            }
        }
    }
}

/// Walks at random, and renames what it meets. How many states were renamed, and how many of them have another
/// representative than they had before?
fn walk(case: &Case, walks: u64, seed: u64) -> (u64, u64) {
    let walked = case.compiled(|program| {
        let mut world = World::boot(program, &mut ())?;
        let start = world.cells().to_vec();
        let mut symmetry = Symmetry::of(&world);
        let (mut numbers, mut met, mut ties) = (Numbers(seed), 0, 0);
        let walks = if symmetry.is_trivial() { 0 } else { walks };
        for _ in 0..walks {
            world.restore(&start);
            for _ in 0..200 {
                let state = world.cells().to_vec();
                let to = numbers.renaming(&symmetry);
                commutes(&mut symmetry, &state, &to, &mut world);
                let (mut one, mut two) = (state.clone(), state.clone());
                symmetry.canonical(&mut one);
                symmetry.apply(&to, &mut two);
                symmetry.canonical(&mut two);
                met += 1;
                ties += u64::from(one != two);
                world.restore(&state);
                let ready: Vec<TaskId> = tasks(program).filter(|&task| world.enabled(task)).collect();
                if ready.is_empty() {
                    break;
                }
                let task = ready[numbers.below(ready.len())];
                let mut odometer = Odometer::new();
                for _ in 0..numbers.below(3) {
                    _ = world.step(task, &mut odometer, &mut ());
                    world.restore(&state);
                    if !odometer.advance() {
                        break;
                    }
                }
                match world.step(task, &mut odometer, &mut ()) {
                    Ok(()) => {}
                    Err(Stop::Finding(_)) => break,
                    Err(Stop::Room(room)) => return Err(Halt::Room(room)),
                }
            }
        }
        Ok((met, ties))
    });
    walked.expect("nothing is wrong in boot")
}

/// Renamings commute with steps, on some walks, and every state has one representative.
#[track_caller]
fn check(case: &Case, walks: u64) {
    let (met, ties) = walk(case, walks, 7);
    assert!(met > 0, "something is alike in {}", case.scenario.text());
    assert_eq!(ties, 0, "of {met} states of {}", case.scenario.text());
}

#[test]
fn steps_commute_on_w() {
    for [m, n, r] in [[3, 3, 1], [2, 4, 2], [4, 1, 1]] {
        let case = &Case::in_file("bench/w.pernet", &[("M", m), ("N", n), ("R", r)])[0];
        check(case, 30);
    }
}

const MODULES: &str = "ops A[3] { init(net) { may return -ENOMEM; } exit; }
    ops B[3];
    faults 1 in may, kzalloc, kill;
    task modprobe[3] {
        error = register_pernet_subsys(A[me]);
        if (!error) {
            error = register_pernet_device(B[me]);
            if (!error) unregister_pernet_device(B[me]);
            unregister_pernet_subsys(A[me]);
        }
    }
    task unshare[3] { net = copy_net_ns(); if (!IS_ERR(net)) put_net(net); }";

/// Mutexes, works and rwsems, with namespaces that were there before and without.
#[test]
fn steps_commute_in_every_era() {
    for protocol in ["rfc2007", "linux-2.6.24", "linux-5.3"] {
        for nets in ["", "net a, b;"] {
            check(&Case::new(&format!("on {protocol}; {nets} {MODULES}")), 30);
        }
    }
}

/// What else names tasks and addresses.
const NAMING: [&str; 7] = [
    // Locks and counts in arrays; `me` that is kept.
    "mutex m[3]; int count[3]; int sum;
     task t[3] {
         i = me; mutex_lock(m[i]); count[i] = count[i] + 1; sum = sum + 1; mutex_unlock(m[me]);
     }",
    // Objects on the heap: locks, lists, pointers to each other.
    "struct item { link list; ptr before; mutex lock; refcount refs; }
     list<item.list> items; mutex m; ptr last; faults 1 in kzalloc;
     task t[3] {
         x = kzalloc(struct item); if (!x) return;
         mutex_lock(x.lock); refcount_set(x.refs, 1);
         mutex_lock(m); list_add_tail(x.list, items); x.before = last; last = x; mutex_unlock(m);
         mutex_unlock(x.lock); y = last; wait_for(y != x || list_first(items) == x);
     }",
    // Arrays as long as `kzalloc` said, which name other tasks' objects.
    "struct table { ptr all[]; } ptr tables[3]; ptr last;
     task t[3] {
         x = kzalloc(struct table, 2); tables[me] = x; x.all[0] = last; last = x; x.all[1] = tables[me]; y = x.all[0];
     }",
    // Readers, and callbacks that wait for them.
    "struct item { int n; } ptr shared[3]; ptr seen;
     fn release(object) { kfree(object); }
     task reader[3] {
         rcu_read_lock(); x = shared[me]; seen = x; if (x) n = x.n; rcu_read_unlock(); synchronize_rcu();
     }
     task writer[3] {
         x = kzalloc(struct item); shared[me] = x; step; shared[me] = NULL; call_rcu(x, release); rcu_barrier();
     }",
    // Readers and writers, spinlocks, ids.
    "rwsem s[2]; rwsem all; spinlock spin; idr ids; ida numbers;
     task t[2] {
         down_write(s[me]); down_read(all); up_read(all); up_write(s[me]);
         id = idr_alloc(ids, s[me]); spin_lock(spin); spin_unlock(spin);
     }
     task u[3] {
         down_write(all); n = ida_alloc_min(numbers, 0); up_write(all);
         down_read(all); up_read(all); ida_free(numbers, n);
     }",
    // Works, and waiters that are killed.
    "struct job { work w = run; int runs; } job jobs[3]; workqueue wq; faults 1 in kill; mutex m;
     fn run(job) { job.runs = job.runs + 1; }
     task t[3] {
         queue_work(wq, jobs[me].w); error = mutex_lock_killable(m); if (!error) mutex_unlock(m);
         flush_work(jobs[me].w); cancel_work_sync(jobs[me].w);
     }",
    // Works that belong to a module, since its callback queued them.
    "struct job { work w = run; } job shared; workqueue wq; net n;
     fn run(job) { step; }
     ops A[2] { init(net) { queue_work(wq, shared.w); } exit; }
     task t[2] { register_pernet_subsys(A[me]); unregister_pernet_subsys(A[me]); }",
];

#[test]
fn steps_commute_whatever_names_a_task() {
    for text in NAMING {
        check(&Case::new(&format!("on rfc2007; {text}")), 100);
    }
}

/// Every permutation of the members of each orbit.
fn renamings(symmetry: &Symmetry<'_>) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for orbit in symmetry.orbits() {
        for _ in orbit.clone() {
            let longer = all.iter().flat_map(|to: &Vec<usize>| {
                let free = orbit.clone().filter(|member| !to.contains(member));
                free.map(|member| to.iter().copied().chain([member]).collect())
            });
            all = longer.collect();
        }
    }
    all
}

/// One representative for each orbit, no more: what trying every renaming finds.
#[test]
fn one_of_each_orbit_is_left() {
    let text = format!("on rfc2007; {}", MODULES.replace("[3]", "[2]"));
    for case in [&Case::in_file("bench/w.pernet", &[("M", 2), ("N", 1)])[0], &Case::new(&text)] {
        let counted = case.compiled(|program| {
            let booted = World::boot(program, &mut ())?;
            let mut symmetry = Symmetry::of(&booted);
            let renamings = renamings(&symmetry);
            let (mut forms, mut orbits) = (BTreeSet::new(), BTreeSet::new());
            explore(program, |world| {
                let mut form = world.cells().to_vec();
                symmetry.canonical(&mut form);
                forms.insert(form);
                let renamed = renamings.iter().map(|to| {
                    let mut cells = world.cells().to_vec();
                    symmetry.apply(to, &mut cells);
                    cells
                });
                orbits.insert(renamed.min());
            })?;
            Ok((forms.len(), orbits.len()))
        });
        let (forms, orbits) = counted.expect("it boots");
        assert_eq!(forms, orbits, "{}", case.title());
    }
}
