//! What each verb means, and what it finds: a few lines of scenario, and what all their schedules come to.

use sim::ask::{Mode, Plan};
use sim::run_text;
use std::collections::BTreeSet;

/// Runs a page, without its `on` line, on the patch: every finding over all schedules, `name: why`.
fn findings(page: &str) -> String {
    let text = format!("// What happens?\non rfc2007;\n{page}\n");
    let plan = Plan { mode: Mode::Exhaustive, ..Plan::default() };
    let answers = match run_text("page.pernet", &text, &[], &Default::default(), &plan) {
        Ok(answers) => answers,
        Err(rejected) => panic!("{page}\n{rejected:#?}"),
    };
    let mut lines = BTreeSet::new();
    for answer in &answers {
        lines.extend(answer.violations.iter().map(|found| format!("{}: {}", found.name, found.why)));
    }
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(page: &str, want: &str) {
    assert_eq!(findings(page), want, "\n{page}");
}

#[test]
fn mutexes() {
    let held = "mutex m; int in; task t[2] { mutex_lock(m); in = in + 1; assert(in == 1); in = in - 1; mutex_unlock(m); }";
    check(held, "");
    check(
        "mutex m; task t { mutex_lock(m); mutex_lock(m); }",
        "deadlock: t waits for m, which it holds itself",
    );
    check("mutex m; task t { mutex_lock(m); }", "lock_held_at_end: t has ended and still holds m");
    check("mutex m; task t { mutex_unlock(m); }", "bad_unlock: t unlocks m, which nobody holds");
    check(
        "mutex m; int go; task a { mutex_lock(m); go = 1; wait_for(!go); mutex_unlock(m); } \
         task b { wait_for(go); mutex_unlock(m); }",
        "bad_unlock: b unlocks m, which a holds",
    );
    check(
        "mutex m; task t[2] { got = mutex_trylock(m); if (got) { step; mutex_unlock(m); } } \
         sometimes t[0].got == 0; sometimes t[0].got == 1 && t[1].got == 1;",
        "",
    );
    check(
        "mutex m, n; task a { mutex_lock(m); mutex_lock(n); mutex_unlock(n); mutex_unlock(m); } \
         task b { mutex_lock(n); mutex_lock(m); mutex_unlock(m); mutex_unlock(n); }",
        "deadlock: a waits for n, which b holds; b waits for m, which a holds",
    );
}

#[test]
fn killable_waits() {
    let page = "mutex m; faults 1 in kill; task holder { mutex_lock(m); step; mutex_unlock(m); } \
                task t { error = mutex_lock_killable(m); if (!error) mutex_unlock(m); }";
    check(&format!("{page} sometimes t.error == -EINTR; sometimes t.error == 0;"), "");
    // Only a waiter can be killed: alone it never waits.
    check(
        "mutex m; faults 1 in kill; task t { error = mutex_lock_killable(m); if (!error) mutex_unlock(m); } \
         sometimes t.error == -EINTR;",
        "sometimes: no schedule reaches `t.error == -EINTR`",
    );
    // A signal that is pending kills a wait whatever the budget is.
    check(
        "mutex m; task a { mutex_lock(m); kill(t); wait_for(done(t)); mutex_unlock(m); } \
         task t { error = mutex_lock_killable(m); if (!error) mutex_unlock(m); } \
         sometimes t.error == -EINTR;",
        "",
    );
}

#[test]
fn spinlocks_forbid_sleep() {
    check("spinlock s; task t { spin_lock(s); step; spin_unlock(s); }", "");
    check(
        "spinlock s; mutex m; task t { spin_lock(s); mutex_lock(m); mutex_unlock(m); spin_unlock(s); }",
        "sleep_in_atomic: mutex_lock may sleep, and t is under a spinlock",
    );
    check(
        "mutex m; task t { rcu_read_lock(); mutex_lock(m); mutex_unlock(m); rcu_read_unlock(); }",
        "sleep_in_atomic: mutex_lock may sleep, and t is inside an RCU read section",
    );
}

#[test]
fn rwsems_are_fair_to_writers() {
    let readers =
        "rwsem s; int in; task r[2] { down_read(s); in = in + 1; both = in == 2; in = in - 1; up_read(s); }";
    check(&format!("{readers} sometimes r[0].both == 1;"), "");
    check(
        "rwsem s; int in; task w[2] { down_write(s); in = in + 1; assert(in == 1); in = in - 1; up_write(s); }",
        "",
    );
    // A reader that comes behind a waiting writer waits for it: read, write, read again is a deadlock.
    check(
        "rwsem s; int go; task r { down_read(s); go = 1; wait_for(blocked(w)); down_read(s); up_read(s); up_read(s); } \
         task w { wait_for(go); down_write(s); up_write(s); }",
        "deadlock: r waits for s, which r reads and w waits to write; w waits for s, which r reads and w waits to write",
    );
    check("rwsem s; task t { up_read(s); }", "bad_unlock: t releases s, which it does not hold to read");
    check("rwsem s; task t { up_write(s); }", "bad_unlock: t releases s, which it does not hold to write");
}

#[test]
fn objects_from_allocation_to_freed_memory() {
    let object = "struct box { int value; } ";
    check(&format!("{object} task t {{ b = kzalloc(struct box); b.value = 1; kfree(b); }}"), "");
    check(
        &format!("{object} task t {{ b = kzalloc(struct box); kfree(b); x = b.value; b.value = x; }}"),
        "use_after_free: t#1 is touched after it was freed",
    );
    check(
        &format!("{object} task t {{ b = kzalloc(struct box); kfree(b); kfree(b); }}"),
        "double_free: t#1 was freed before",
    );
    // An object without fields ends its task's memory, and is that task's all the same.
    check(
        "struct empty {} task t { p = kzalloc(struct empty); kfree(p); kfree(p); } task u { p = kzalloc(struct empty); kfree(p); }",
        "double_free: t#1 was freed before",
    );
    check(
        &format!("{object} task t {{ b = kzalloc(struct box); b.value = 2; }}"),
        "leak: nothing reaches t#1 (struct box) any more, and it was not freed",
    );
    // A variable that a condition names still reaches it.
    check(
        &format!("{object} task t {{ b = kzalloc(struct box); b.value = 2; }} sometimes t.b.value == 2;"),
        "",
    );
    check(
        &format!(
            "{object} faults 1 in kzalloc; task t {{ b = kzalloc(struct box); b.value = 1; kfree(b); }}"
        ),
        "null_deref: field `value` of NULL",
    );
    check(
        "struct row { ptr cells[]; } task t { r = kzalloc(struct row, 2); r.cells[1] = 1; r.cells[2] = 1; kfree(r); }",
        "out_of_bounds: index 2 of `cells`, which has 2 elements",
    );
    check("task t { x = 3; y = x.count; assert(y); }", "wild_access: field `count` of 3, which is no object");
}

/// Where the text does not say what a verb is given, it is asked when it is called.
#[test]
fn what_is_nothing_for_a_verb() {
    for verb in ["mutex_lock", "up_read", "refcount_inc", "flush_work", "spin_lock", "kill"] {
        let finding = format!("wild_access: {verb} of 1000, which is nothing of that kind");
        check(&format!("task t {{ x = 1000; {verb}(x); }}"), &finding);
        check(&format!("task t {{ x = NULL; {verb}(x); }}"), &format!("null_deref: {verb} of NULL"));
    }
    check("mutex m; task t { x = m; mutex_lock(x); mutex_unlock(x); }", "");
}

#[test]
fn lists_and_cursors() {
    let items = "struct item { link at; int n; } list<item.at> items; item a, b; ";
    check(
        &format!(
            "{items} task t {{ list_add_tail(a.at, items); list_add(b.at, items); first = list_first(items); }} \
                  finally t.first == b && list_last(items) == a && list_next(b.at) == a;"
        ),
        "",
    );
    check(
        &format!("{items} task t {{ list_add(a.at, items); list_add(a.at, items); }}"),
        "list_corruption: a is added to a list and is on one already",
    );
    check(
        &format!("{items} task t {{ list_del(a.at); }}"),
        "list_corruption: a is taken off a list and is on none",
    );
    check(
        &format!("{items} task t {{ list_add(a.at, b.at); }}"),
        "list_corruption: a is linked next to b, which is on no list",
    );
    check(
        &format!("{items} task t {{ list_add(a.at, items); for (x in items) list_del(x.at); }}"),
        "bad_cursor: the walk goes on from a, which is on no list",
    );
    // A finished walk rests on the head, which is no element.
    check(
        &format!(
            "{items} boot {{ a.n = 1; }} task t {{ list_add(a.at, items); for (x in items) y = x.n; z = x.n; w = y + z; }}"
        ),
        "bad_cursor: field `n` of items, the head of a list and no element of it",
    );
    check(
        &format!(
            "{items} task t {{ list_add(a.at, items); list<item.at> mine; list_replace_init(items, mine); \
                  n = list_first(mine) == a; list_del(a.at); }} finally t.n == 1 && list_empty(items);"
        ),
        "",
    );
    check(
        &format!(
            "{items} task t {{ one = llist_add(a.at, items); two = llist_add(b.at, items); }} \
                  finally t.one == 1 && t.two == 0;"
        ),
        "",
    );
}

#[test]
fn counts() {
    let counted = "struct box { refcount count; } box b; ";
    check(
        &format!(
            "{counted} boot {{ refcount_set(b.count, 2); }} task t[2] {{ last = refcount_dec_and_test(b.count); }} \
                  finally t[0].last != t[1].last && refcount_read(b.count) == 0;"
        ),
        "",
    );
    check(
        &format!("{counted} task t {{ refcount_inc(b.count); }}"),
        "refcount: b.count is raised from 0: what it counts is already going away",
    );
    check(
        &format!("{counted} task t {{ x = refcount_dec_and_test(b.count); }}"),
        "refcount: b.count is lowered below 0: one reference too many is given back",
    );
    check(&format!("{counted} task t {{ got = refcount_inc_not_zero(b.count); }} finally t.got == 0;"), "");
}

#[test]
fn works_and_workqueues() {
    let queue = "workqueue wq; int ran; fn run() { ran = ran + 1; } work w = run; ";
    check(
        &format!(
            "{queue} task t {{ one = queue_work(wq, w); two = queue_work(wq, w); flush_work(w); }} \
                  sometimes t.two == 0; sometimes t.two == 1; finally ran >= 1;"
        ),
        "",
    );
    check(
        &format!(
            "{queue} task t {{ queue_work(wq, w); cancel_work_sync(w); n = ran; }} \
                  sometimes t.n == 0; sometimes t.n == 1; finally t.n == ran;"
        ),
        "",
    );
    // A work in an object runs with that object.
    check(
        "struct box { work w; int ran; } workqueue wq; fn run(b) { b.ran = 1; } \
         box b { w = run; } task t { queue_work(wq, b.w); flush_work(b.w); } finally b.ran == 1;",
        "",
    );
    // Each of many workers counts its spinlocks in a word of its own, and not in the cells behind.
    check(
        "int x[60]; spinlock s; workqueue wq[60]; work w = run; task t { queue_work(wq[40], w); } \
         fn run() { spin_lock(s); i = 0; while (i < 60) { assert(!x[i]); i = i + 1; } spin_unlock(s); }",
        "",
    );
}

/// Two tasks that wait to hear of each other whether they are blocked both are; whoever goes on first leaves the other.
#[test]
fn blocked_by_each_other() {
    let text = "task a { wait_for(blocked(b)); } task b { wait_for(blocked(a)); }";
    check(text, "deadlock: b waits at `wait_for(blocked(a))`");
}

#[test]
fn grace_periods() {
    let reader = "struct box { int value; } ptr p; boot { p = kzalloc(struct box); } \
                  task r { rcu_read_lock(); b = p; if (b) x = b.value; rcu_read_unlock(); } ";
    check(&format!("{reader} task w {{ old = p; p = NULL; synchronize_rcu(); kfree(old); }}"), "");
    check(&format!("{reader} task w {{ old = p; p = NULL; kfree_rcu(old); }}"), "");
    check(
        &format!("{reader} task w {{ old = p; p = NULL; kfree(old); }}"),
        "use_after_free: boot#1 is touched after it was freed",
    );
    // A barrier waits for the callbacks queued before it, not for those that they queue.
    let callbacks = "struct box { int value; } box b; int ran; fn second(b) { ran = 2; } ";
    check(
        &format!(
            "{callbacks} fn first(b) {{ ran = 1; }} task t {{ call_rcu(b, first); rcu_barrier(); n = ran; }} \
                  finally t.n == 1;"
        ),
        "",
    );
    check(
        &format!(
            "{callbacks} fn first(b) {{ ran = 1; call_rcu(b, second); }} \
                  task t {{ call_rcu(b, first); rcu_barrier(); n = ran; }} \
                  sometimes t.n == 1; sometimes t.n == 2; finally ran == 2;"
        ),
        "",
    );
}

#[test]
fn ids() {
    check(
        "ida ids; task t { a = ida_alloc_min(ids, 1); b = ida_alloc_min(ids, 1); ida_free(ids, a); \
         c = ida_alloc_min(ids, 0); d = ida_alloc_min(ids, 1); } \
         finally t.a == 1 && t.b == 2 && t.c == 0 && t.d == 1;",
        "",
    );
    check("ida ids; task t { ida_free(ids, 3); }", "double_free: id 3 is given back and was not taken");
    check(
        "idr names; task t { id = idr_alloc(names, init_net); found = idr_find(names, id); again = idr_find_id(names, init_net); \
         idr_remove(names, id); gone = idr_find(names, id); } \
         finally t.id == 1 && t.found == init_net && t.again == 1 && t.gone == NULL;",
        "",
    );
    check(
        "idr names; task t { idr_alloc(names, init_net); idr_alloc(names, init_net); idr_alloc(names, init_net); idr_remove(names, 2); \
         first = idr_get_next(names, 0); second = idr_get_next(names, first + 1); last = idr_get_next(names, second + 1); \
         idr_destroy(names); gone = idr_get_next(names, 1); } \
         finally t.first == 1 && t.second == 3 && t.last == 0 && t.gone == 0;",
        "",
    );
    // More ids than the world was laid out for: it is laid out again, and nobody notices.
    check(
        "idr names; task t { n = 0; while (n < 20) { id = idr_alloc(names, init_net); n = n + 1; } } finally t.id == 20;",
        "",
    );
    check(
        "ida ids; faults 1 in ida_alloc_min; task t { id = ida_alloc_min(ids, 1); } \
         sometimes t.id == -ENOMEM; sometimes t.id == 1;",
        "",
    );
}

#[test]
fn steps_and_atomic_blocks() {
    // `x = x + 1` is two steps, and an update is lost; `atomic` makes it one.
    check("int x; task t[2] { x = x + 1; } sometimes x == 1 && done(t[0]) && done(t[1]);", "");
    check("int x; task t[2] { atomic { x = x + 1; } } finally x == 2;", "");
    check(
        "mutex m; task t[2] { atomic { step; mutex_lock(m); } mutex_unlock(m); }",
        "blocks_in_atomic: `mutex_lock(m)` cannot go on, and an atomic block cannot stop half way",
    );
    // An atomic block is enabled when its first statement is, also when that is inside a function.
    check(
        "mutex m; fn take() { mutex_lock(m); } task t[2] { atomic { take(); step; } mutex_unlock(m); }",
        "",
    );
    check("int go; task t { wait_for(go); }", "deadlock: t waits at `wait_for(go)`");
    check("task t { wait_for(done(t)); }", "deadlock: t waits at `wait_for(done(t))`");
    check(
        "task t { x = 1; while (x) { x = 1; } }",
        "endless_step: more than 10000 instructions without a shared access",
    );
    check(
        "task t { x = 1073741823; y = x + 1; assert(y); }",
        "overflow: 1073741824 needs more than the machine's 31 bits",
    );
    check(
        "int go; task t { if (go) x = 1; y = x; assert(y); }",
        "uninitialised: `x` is read before anything was assigned to it",
    );
    check(
        "int go; fn f() { if (go) x = 1; return x; } task t { y = f(); }",
        "uninitialised: `x` is read before anything was assigned to it",
    );
}

#[test]
fn callbacks_and_frames() {
    check(
        "struct hook { callback call; } hook h { call(n) { return n + 1; } } hook none {} \
         task t { a = h.call(1); if (none.call) b = none.call(1); else b = 7; } finally t.a == 2 && t.b == 7;",
        "",
    );
    check(
        "struct hook { callback call; } hook none {} task t { none.call(1); }",
        "null_call: none has no call",
    );
    check(
        "struct hook { callback call; } hook h { call(n) { x = h.call(n); return x; } } task t { h.call(1); }",
        "stack_overflow: calls are nested more than 16 deep",
    );
}
