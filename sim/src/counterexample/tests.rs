//! The best schedule is held against all of them, walked one by one.

use super::*;
use crate::engine::{End, Reached, ended};
use crate::library::{ShippedLibrary, scenarios};
use crate::limit::Limits;
use crate::question::Scenario;
use crate::search::search;
use std::collections::BTreeMap;

/// Steps, switches and picks: what makes one schedule better than another.
type Rank = (u32, u32, Vec<Pick>);

/// Walks every schedule up to some length, and keeps the best to each finding.
struct Brute<'p> {
    world: World<'p>,
    most: u32,
    best: BTreeMap<String, Rank>,
    walked: u32,
}

impl Brute<'_> {
    fn walk(&mut self, last: Option<TaskId>, (steps, switches, picks): Rank) {
        self.walked += 1;
        let before = self.world.cells().to_vec();
        let tasks = self.world.program().task_count();
        let ready: Vec<_> = (0..tasks).filter(|&task| self.world.enabled(task)).collect();
        if ready.is_empty() {
            if let End::Finding(finding) = ended(&self.world) {
                self.found(finding.name, (steps, switches, picks));
            }
            return;
        }
        if steps == self.most || self.walked > 200_000 {
            return;
        }
        for &task in &ready {
            let mut odometer = Odometer::new();
            loop {
                self.world.restore(&before);
                let result = self.world.step(task, &mut odometer, &mut ());
                let finding = engine::settle(result, &self.world, true).unwrap();
                let mut picks = picks.clone();
                picks.extend((ready.len() > 1).then_some(Pick::Task(task)));
                picks.extend(odometer.answers());
                let rank = (steps + 1, switches + u32::from(last.is_some_and(|last| last != task)), picks);
                match finding {
                    Some(finding) => self.found(finding.name, rank),
                    None => self.walk(Some(task), rank),
                }
                if !odometer.advance() {
                    break;
                }
            }
        }
    }

    fn found(&mut self, name: String, rank: Rank) {
        let best = self.best.entry(name).or_insert_with(|| rank.clone());
        *best = rank.min(mem::take(best));
    }
}

#[test]
fn no_schedule_is_better() {
    let mut compared = 0;
    for shipped in scenarios() {
        let scenario = Scenario::read(shipped.file, shipped.text).unwrap();
        for question in scenario.questions(None, &BTreeMap::new()) {
            if question.breaks.is_empty() {
                continue;
            }
            let loaded = scenario.load(&question, &ShippedLibrary).unwrap();
            let program = loaded.compile(&Room::default()).unwrap();
            let limits = Limits { max_states: 100, ..Limits::default() };
            let Ok(seen) = search(&program, &limits, &mut Reached::default(), &()) else { continue };
            if seen.limit.is_some() {
                continue;
            }
            let most = seen.found.iter().map(|found| found.steps).max().unwrap_or(0);
            let world = World::boot(&program, &mut ()).unwrap();
            let mut brute = Brute { world, most, best: BTreeMap::new(), walked: 0 };
            brute.walk(None, (0, 0, Vec::new()));
            if brute.walked > 200_000 {
                continue;
            }
            let best: BTreeMap<_, _> = best(&program, &seen, None, &())
                .unwrap()
                .into_iter()
                .map(|best| (best.name, best.picks))
                .collect();
            let want: BTreeMap<_, _> =
                brute.best.into_iter().map(|(name, (.., picks))| (name, picks)).collect();
            assert_eq!(best, want, "{} on {}", shipped.file, question.protocol);
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} questions are small enough");
}
