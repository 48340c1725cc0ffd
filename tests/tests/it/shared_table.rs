//! The table that threads share, in every interleaving of its accesses and with every value that a relaxed load may
//! read (loom): claims of equal keys, of keys that collide, of more keys than there is room for, and lookups and growth
//! beside them. Then bugs that are planted in its source (`tests/build.rs`), and in how it is used: each must be found
//! by the same models.

use loom::sync::Arc;
use loom::thread;
use std::panic::catch_unwind;

/// The words of the table, as loom's.
mod atomic {
    pub use loom::sync::atomic::{AtomicU64, Ordering};
}

/// As in the table: the highest bits of a tag are its shard's.
const SHARD_BITS: u32 = 6;

#[path = "../../../sim/src/table/slots.rs"]
#[allow(dead_code, reason = "the program uses all of it")]
mod slots;

/// Models of what threads do at the same time, of one version of the slots.
macro_rules! models {
    ($models:ident of $slots:ident) => {
        #[allow(dead_code, reason = "not every version is put to every model")]
        mod $models {
            use super::atomic::AtomicU64;
            use super::atomic::Ordering::Relaxed;
            use super::$slots::{Claim, Key, LINE, Line, MARK, MARK_BITS, Slots, mark};
            use super::{Arc, thread};

            type Lines = Box<[Line<AtomicU64>]>;

            /// So many free slots.
            fn free(slots: usize) -> Slots<Lines> {
                let line = |_| std::array::from_fn(|_| AtomicU64::new(0));
                Slots((0..slots / LINE).map(line).collect())
            }

            /// So many slots with all that is in others.
            fn grown(slots: &Slots<Lines>, count: usize) -> Slots<Lines> {
                let larger = free(count);
                for line in &slots.0 {
                    for [tag, rest] in
                        [0, 1, 2, 3].map(|at| [at, LINE + at].map(|word| line[word].load(Relaxed)))
                    {
                        if rest != 0 {
                            let key = Key { tag, rest: rest & !MARK };
                            assert_eq!(larger.claim(key, rest & MARK), Claim::Mine);
                        }
                    }
                }
                larger
            }

            const fn key(tag: u64, rest: u64) -> Key {
                Key { tag, rest: rest << MARK_BITS }
            }

            /// Threads claim keys, each with its mark and in its order; what they were told.
            fn claim(slots: &Arc<Slots<Lines>>, threads: &[(u64, &'static [Key])]) -> Vec<Vec<Claim>> {
                let run = |&(mark, keys): &(u64, &'static [Key])| {
                    let slots = Arc::clone(slots);
                    move || -> Vec<_> { keys.iter().map(|&key| slots.claim(key, mark)).collect() }
                };
                let others: Vec<_> = threads[1..].iter().map(|thread| thread::spawn(run(thread))).collect();
                let mut told = vec![run(&threads[0])()];
                told.extend(others.into_iter().map(|other| other.join().unwrap()));
                told
            }

            /// The least mark wins, its thread was told so, and nobody else can settle the key.
            pub fn equal_keys() {
                const KEYS: &[Key] = &[key(1, 1), key(2, 7)];
                loom::model(|| {
                    let slots = Arc::new(free(4));
                    let told = claim(&slots, &[(9, KEYS), (8, KEYS)]);
                    assert_eq!(told[1], [Claim::Mine; 2]);
                    for &key in KEYS {
                        assert_eq!(mark(&slots.0, key), Some(8));
                        assert_eq!([9, 8].map(|mark| slots.settle(key, mark, 1)), [false, true]);
                        assert_eq!(mark(&slots.0, key), Some(1));
                    }
                });
            }

            /// Keys of one tag, and of another tag that belongs to the same slots: all stay.
            pub fn colliding_keys() {
                const ONE: &[Key] = &[key(1, 1), key(2, 1)];
                const TWO: &[Key] = &[key(1, 2), key(2, 1)];
                loom::model(|| {
                    let slots = Arc::new(free(4));
                    let told = claim(&slots, &[(9, ONE), (8, TWO)]);
                    assert_eq!([told[0][0], told[1][0], told[1][1]], [Claim::Mine; 3]);
                    let marks = [key(1, 1), key(1, 2), key(2, 1)].map(|key| mark(&slots.0, key));
                    assert_eq!(marks, [Some(9), Some(8), Some(8)]);
                });
            }

            /// A lookup beside a claim sees the key as it was or as it is, and time does not go backwards.
            pub fn lookup_beside_claims() {
                loom::model(|| {
                    let slots = Arc::new(free(4));
                    slots.claim(key(1, 1), 9);
                    let other = {
                        let slots = Arc::clone(&slots);
                        thread::spawn(move || [key(1, 2), key(1, 1)].map(|key| slots.claim(key, 8)))
                    };
                    let seen = [mark(&slots.0, key(1, 1)), mark(&slots.0, key(1, 1))];
                    assert!([[9, 9], [9, 8], [8, 8]].map(|marks| marks.map(Some)).contains(&seen));
                    assert!([None, Some(8)].contains(&mark(&slots.0, key(1, 2))));
                    assert_eq!(other.join().unwrap(), [Claim::Mine; 2]);
                });
            }

            /// There is no room for one of five keys, whose it is; it is claimed again when all claims are made and the
            /// slots have grown. `early`: they grow while claims are made.
            pub fn growth(early: bool) {
                const ONE: &[Key] = &[key(3, 1), key(1, 1)];
                const TWO: &[Key] = &[key(4, 1), key(1, 1), key(5, 1)];
                loom::model(move || {
                    let slots = Arc::new(free(4));
                    slots.claim(key(2, 1), 1);
                    let other = {
                        let slots = Arc::clone(&slots);
                        thread::spawn(move || ONE.iter().map(|&key| slots.claim(key, 9)).collect::<Vec<_>>())
                    };
                    let copied = early.then(|| grown(&slots, 8));
                    let told: Vec<_> = TWO.iter().map(|&key| slots.claim(key, 8)).collect();
                    let others = other.join().unwrap();
                    let larger = copied.unwrap_or_else(|| grown(&slots, 8));
                    for (keys, told, with) in [(ONE, others, 9), (TWO, told, 8)] {
                        for (&key, told) in keys.iter().zip(told) {
                            if told == Claim::Full {
                                assert_ne!(larger.claim(key, with), Claim::Full);
                            }
                        }
                    }
                    let marks = [1, 2, 3, 4, 5].map(|tag| mark(&larger.0, key(tag, 1)));
                    assert_eq!(marks, [8, 1, 9, 8, 8].map(Some));
                });
            }

            /// Settling a key before all claims are made gives it away too early.
            pub fn settling_beside_claims() {
                loom::model(|| {
                    let slots = Arc::new(free(4));
                    let other = {
                        let slots = Arc::clone(&slots);
                        thread::spawn(move || slots.claim(key(1, 1), 8))
                    };
                    slots.claim(key(1, 1), 9);
                    let early = slots.settle(key(1, 1), 9, 1);
                    other.join().unwrap();
                    assert!(!early && slots.settle(key(1, 1), 8, 1));
                });
            }
        }
    };
}

/// Bugs in the source, and the models of each.
macro_rules! planted {
    ($($bug:ident as $models:ident),* $(,)?) => {
        $(
            #[allow(clippy::all, dead_code, unused_variables, unused_assignments, reason = "what a bug leaves over")]
            mod $bug {
                include!(concat!(env!("OUT_DIR"), "/", stringify!($bug), ".rs"));
            }
            models!($models of $bug);
        )*
    };
}

models!(sound of slots);
planted! {
    tag_is_checked_then_stored as models_tag,
    rest_is_checked_then_stored as models_rest,
    rest_is_put_there_before_the_tag as models_order,
    a_tag_without_a_rest_is_passed as models_passed,
    the_tag_alone_is_compared as models_alone,
    the_last_claim_wins as models_last,
}

#[test]
fn equal_keys() {
    sound::equal_keys();
}

#[test]
fn colliding_keys() {
    sound::colliding_keys();
}

#[test]
fn lookup_beside_claims() {
    sound::lookup_beside_claims();
}

#[test]
fn growth_when_all_claims_are_made() {
    sound::growth(false);
}

/// A model must fail, for a reason of its own: what holds at its end does not.
#[track_caller]
fn check_found(model: fn()) {
    let panic = catch_unwind(model).expect_err("the bug is found");
    let why = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    assert!(why.is_some_and(|why| why.starts_with("assertion")), "{why:?}");
}

#[test]
fn planted_bugs_are_found() {
    check_found(models_tag::colliding_keys);
    check_found(models_rest::equal_keys);
    check_found(models_rest::colliding_keys);
    check_found(models_order::colliding_keys);
    check_found(models_passed::equal_keys);
    check_found(models_alone::colliding_keys);
    check_found(models_last::equal_keys);
}

/// What keeps these apart in the program is that growing and settling come when the threads are through.
#[test]
fn growing_or_settling_too_early_is_found() {
    check_found(|| sound::growth(true));
    check_found(sound::settling_beside_claims);
}
