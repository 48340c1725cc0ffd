//! Drawn texts, most of them senseless: whatever the program takes to be alike in one is alike.

use super::{Numbers, walk};
use tests::lab::Case;

const DECLARED: &str = "struct item { link list; ptr other; int n; mutex lock; ptr more[2]; }
    list<item.list> items;
    ops A[3] { init(net) { may return -ENOMEM; sum = sum + 1; } exit(net) { last = net; } }
    ops B[3];
    int x[3]; ptr seen[3]; mutex m[3]; rwsem sem; int sum; ptr last; item mine[3];
    faults 2;";

/// What tasks do. `me` chooses elements in most of them; in the others something tells tasks apart, or keeps a number.
const STATEMENTS: [&str; 36] = [
    "register_pernet_subsys(A[me]);",
    "register_pernet_device(B[me]);",
    "unregister_pernet_subsys(A[me]);",
    "unregister_pernet_device(B[me]);",
    "net = copy_net_ns(); seen[me] = net;",
    "if (net && !IS_ERR(net)) put_net(net);",
    "x[me] = sum;",
    "sum = x[me] + 1;",
    "i = me;",
    "x[i] = x[i] + 1;",
    "may i = 0;",
    "i = sum;",
    "last = A[me];",
    "last = mine[me];",
    "y = last; if (y == A[i]) step;",
    "y = seen[me]; last = y;",
    "if (last == mine[me]) sum = 0;",
    "mine[me].other = last;",
    "mine[me].n = sum;",
    "mine[i].more[0] = A[me];",
    "mutex_lock(m[me]); step; mutex_unlock(m[me]);",
    "mutex_lock(mine[me].lock); sum = sum + 1; mutex_unlock(mine[me].lock);",
    "down_read(sem); step; up_read(sem);",
    "down_write(sem); x[me] = 1; up_write(sem);",
    "object = kzalloc(struct item); last = object; object.other = mine[me];",
    "atomic { if (list_empty(items)) list_add_tail(mine[me].list, items); }",
    "atomic { for (object in items) last = object; }",
    "rcu_read_lock(); y = last; rcu_read_unlock();",
    "synchronize_rcu();",
    "wait_for(x[me] < 2);",
    "x[1] = 2;",
    "wait_for(!done(t[0]) || sum < 9);",
    "sum = me;",
    "if (i == me) step;",
    "x[x[me]] = 1;",
    "may return;",
];

fn body(numbers: &mut Numbers, common: usize) -> String {
    let first = "i = me; y = NULL; net = NULL; object = mine[me];".to_string();
    (0..4).fold(first, |body, _| body + " " + STATEMENTS[numbers.below(common)])
}

#[test]
fn whatever_is_taken_to_be_alike_in_drawn_texts_is() {
    let (mut numbers, mut alike, mut ties) = (Numbers(2007), 0, 0);
    for at in 0..400 {
        let protocol = ["rfc2007", "linux-2.6.24", "linux-5.3"][at % 3];
        // The last statements tell something apart nearly always.
        let common = if at % 4 == 0 { STATEMENTS.len() } else { STATEMENTS.len() - 6 };
        let (one, other) = (body(&mut numbers, common), body(&mut numbers, common));
        let text = format!("on {protocol}; {DECLARED} task t[3] {{ {one} }} task u[3] {{ {other} }}");
        let (met, tied) = walk(&Case::new(&text), 4, at as u64);
        alike += u64::from(met > 0);
        ties += tied;
    }
    assert!(alike > 100, "in many texts something is alike, not in {alike}");
    assert_eq!(ties, 0);
}
