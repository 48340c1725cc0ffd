//! Makes failing runs small, and says how small: `shrinks [FILTER] [SEEDS] [SHOW]`.

use sim::shrink::{Effort, shrink};
use std::time::Instant;
use tests::failing::{crowded, found, origins};

#[allow(clippy::disallowed_methods, reason = "how long it takes is for people, on standard error")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filter = arguments.first().map_or("", String::as_str);
    let seeds: u64 = arguments.get(1).map_or(1, |text| text.parse().expect("a number"));
    let show = arguments.get(2).is_some();
    let mut all = origins();
    let crowds: Vec<_> =
        all.iter().map(|(origin, case)| (format!("crowd {origin}"), crowded(case, 17))).collect();
    all.extend(crowds);
    for (origin, case) in all.iter().filter(|(origin, _)| origin.contains(filter)) {
        for seed in 0..seeds {
            let started = Instant::now();
            let Some(input) = found(origin, case, seed) else {
                println!("{origin} {seed}: nothing found");
                continue;
            };
            let finding = started.elapsed();
            let started = Instant::now();
            match shrink(&input.failing, &Effort::default(), &()) {
                Ok(shrunk) => {
                    println!(
                        "{origin} {seed}: {} | {} -> {} {}| {}",
                        input.signature,
                        shrunk.before,
                        shrunk.after,
                        if shrunk.shortest { "" } else { "(not shortest) " },
                        shrunk.certificate
                    );
                    if show {
                        println!("{}\n{}", shrunk.text, shrunk.schedule);
                    }
                    if !shrunk.certificate.is_complete() && show {
                        for (what, refuted) in &shrunk.certificate.refuted {
                            if !refuted.is_certain() {
                                println!("   {what}: {refuted:?}");
                            }
                        }
                    }
                }
                Err(rejected) => {
                    println!("{origin} {seed}: {} REJECTED {:?}", input.signature, rejected.diagnostics)
                }
            }
            eprintln!("{origin} {seed}: {:.2?} to find, {:.2?} to shrink", finding, started.elapsed());
        }
    }
}
