//! One shard, run: a pure function of the manifest, its texts and the shard's number.

use super::asked::asked;
use super::manifest::{Kind, Manifest, Slice, Unit};
use super::shard::{Found, Part, Shard};
use crate::answer::Violation;
use crate::circles;
use crate::engine::{End, Follow, Reached};
use crate::fingerprint;
use crate::fuzz::look::{Effort, look};
use crate::fuzz::{FILE as DRAWN, Protocol};
use crate::library::Texts;
use crate::limit::{Control, Limit, Progress};
use crate::pick::{Pick, Scheduler};
use crate::question::{Loaded, Rejected, Scenario};
use crate::replay::replay;
use crate::rng::mix;
use crate::room::{Unrun, with_room};
use crate::sample::{Audience, Best, Sampling, Tally, sample};
use crate::signature::Signature;
use model::judge::orders::Orders;
use model::machine::{Event, Finding, Program, Room, TaskId, Watch, World};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Why there is no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unfinished {
    /// The texts cannot be used.
    Rejected(Box<Rejected>),
    /// Somebody called a halt.
    Halted(Limit),
    /// A schedule did not do again what it did.
    Nondeterminism(String),
}

impl From<Rejected> for Unfinished {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(Box::new(rejected))
    }
}

impl From<Box<Rejected>> for Unfinished {
    fn from(rejected: Box<Rejected>) -> Self {
        Self::Rejected(rejected)
    }
}

/// Runs a shard. `campaign`: the manifest's name, which is not worked out for each; `texts`: those of the manifest, in its order.
///
/// # Errors
/// If it was halted, or its texts cannot be used: then there is nothing of it.
///
/// # Panics
/// If the manifest makes no sense, or a text is missing.
pub fn run_shard(
    manifest: &Manifest,
    campaign: u64,
    texts: &[String],
    index: u64,
    control: &dyn Control,
) -> Result<Shard, Unfinished> {
    let slices = manifest.slices(index);
    let control = &Halts { control, said: OnceLock::new() };
    let parts = slices.into_iter().map(|slice| {
        let unit = &manifest.units[slice.unit];
        let part = match unit.kind {
            Kind::Sample | Kind::Timed => sampled(manifest, texts, unit, slice, control),
            Kind::Fuzz => fuzzed(manifest, texts, unit, slice, control),
            Kind::Question => asked(manifest, texts, unit, slice, control),
        };
        // Also what does not say that it was cut short may have been.
        control.said.get().map_or(part, |limit| Err(Unfinished::Halted(*limit)))
    });
    Ok(Shard { index, campaign, parts: parts.collect::<Result<_, _>>()? })
}

/// Remembers that somebody called a halt: there are looks behind a search that say less then, and say nothing of it.
struct Halts<'a> {
    control: &'a dyn Control,
    said: OnceLock<Limit>,
}

impl Control for Halts<'_> {
    fn poll(&self, progress: &Progress) -> Option<Limit> {
        let halt = self.control.poll(progress);
        halt.map(|limit| *self.said.get_or_init(|| limit))
    }

    fn shows(&self) -> bool {
        self.control.shows()
    }
}

/// A question of a unit, with all its texts. `world`: which one, where worlds are drawn.
///
/// # Errors
/// If they cannot be used.
pub fn load(
    manifest: &Manifest,
    texts: &[String],
    unit: &Unit,
    world: Option<u64>,
) -> Result<(Scenario, Loaded), Rejected> {
    let mut files = files(manifest, texts, unit);
    let (file, text) = match unit.kind {
        Kind::Sample | Kind::Timed | Kind::Question => files.remove(0),
        Kind::Fuzz => {
            let protocol = drawn_for(manifest, texts, unit)?;
            (DRAWN.to_string(), protocol.world(manifest.seed(), world.unwrap_or_default()).text)
        }
    };
    let scenario = Scenario::read(&file, &text)?;
    let loaded = scenario.load(&unit.question(), &Texts { files })?;
    Ok((scenario, loaded))
}

/// The texts of a unit: their names, and what they say.
pub(super) fn files(manifest: &Manifest, texts: &[String], unit: &Unit) -> Vec<(String, String)> {
    unit.texts.iter().map(|&at| (manifest.texts[at].file.clone(), texts[at].clone())).collect()
}

fn drawn_for(manifest: &Manifest, texts: &[String], unit: &Unit) -> Result<Protocol, Rejected> {
    Protocol::find(&unit.protocol, &unit.params, &Texts { files: files(manifest, texts, unit) })
}

fn fuzzed(
    manifest: &Manifest,
    texts: &[String],
    unit: &Unit,
    slice: Slice,
    control: &dyn Control,
) -> Result<Part, Unfinished> {
    let protocol = drawn_for(manifest, texts, unit)?;
    let Protocol { name, values, texts, .. } = &protocol;
    let mut part = Part::empty(slice);
    for world in slice.lo..slice.hi {
        let text = protocol.world(manifest.seed(), world).text;
        let seed = mix(manifest.seed(), world);
        let seen = look((DRAWN, &text), (name, values), texts, &Effort::default(), seed, control)?;
        if let Some(limit) = seen.cut {
            return Err(Unfinished::Halted(limit));
        }
        part.executions += 1;
        part.steps += seen.schedules;
        part.complete += u64::from(seen.complete);
        part.endless += seen.endless;
        for failure in seen.failures {
            let seen = Seen { count: 1, first: world, best: None };
            let signature = failure.signature.to_string();
            part.found(found(signature, &failure.violation, &seen));
        }
    }
    Ok(part)
}

fn sampled(
    manifest: &Manifest,
    texts: &[String],
    unit: &Unit,
    slice: Slice,
    control: &dyn Control,
) -> Result<Part, Unfinished> {
    let (scenario, loaded) = load(manifest, texts, unit, None)?;
    // One that learns has nothing to learn from but this slice: what ran before is another shard's, or nobody's yet.
    let mut scheduler: Box<dyn Scheduler> =
        manifest.choice().and_then(|choice| choice.build(manifest.seed())).expect("a scheduler of that name");
    let timed = unit.kind == Kind::Timed;
    let how = Sampling { runs: slice.hi, timed, max_steps: manifest.max_steps, endless: u64::MAX, control };
    let mut tally = Tally { executions: slice.lo, ..Tally::default() };
    let (mut reached, mut room) = (None, Room::default());
    let mut findings = Findings { execution: slice.lo, ..Findings::default() };
    let mut circle = None;
    let played = with_room(&loaded, &mut room, |program| {
        let reached = reached.get_or_insert_with(|| Reached::new(program));
        sample(program, &how, &mut *scheduler, &mut tally, reached, &mut findings)?;
        circle = circles::violations(&circles::of(program, [&tally.orders].into_iter()), &unit.question());
        Ok(unreached(program, reached))
    });
    let mut part = Part::empty(slice);
    match played {
        Err(Unrun::Rejected(rejected)) => return Err(rejected.into()),
        // Each of its executions ends before its first step.
        Err(Unrun::Boot(finding, place)) => {
            let violation = Violation::in_boot(&loaded, &unit.question(), *finding, place);
            part.executions = slice.hi - slice.lo;
            let seen = Seen { count: part.executions, first: slice.lo, best: None };
            part.findings.push(found(signature(&scenario, &violation), &violation, &seen));
            return Ok(part);
        }
        Ok(unreached) => part.unreached = unreached,
    }
    if let Some(limit) = tally.limit.filter(|&limit| limit != Limit::Steps) {
        return Err(Unfinished::Halted(limit));
    }
    part.executions = tally.executions - slice.lo;
    part.steps = tally.steps;
    part.complete = tally.complete;
    part.endless = tally.endless;
    part.ends = fingerprint::hex(tally.final_fingerprint);
    for ((name, _), seen) in &findings.seen {
        let Some(best) = &seen.best else { continue };
        let replayed = replay(&loaded, &room, &best.picks, false, manifest.max_steps)?;
        match Violation::of(&unit.question(), &best.picks, replayed) {
            Some(violation) if violation.name == *name => {
                part.found(found(signature(&scenario, &violation), &violation, seen));
            }
            other => {
                let now = other.map_or("nothing".to_string(), |violation| violation.name);
                let why =
                    format!("{}: a schedule led to {name}, and repeated it leads to {now}", scenario.file);
                return Err(Unfinished::Nondeterminism(why));
            }
        }
    }
    if let Some(violation) = circle {
        // Counted from 1 there.
        let first = tally.first.get(Orders::NAME).map_or(slice.lo, |first| first.execution - 1);
        part.found(found(
            signature(&scenario, &violation),
            &violation,
            &Seen { count: 0, first, best: None },
        ));
    }
    Ok(part)
}

fn unreached(program: &Program, reached: &Reached) -> Vec<String> {
    let text = |&at: &usize| {
        let condition = &program.conditions[at];
        format!("{} {}", condition.name, condition.text)
    };
    reached.missing().iter().map(text).collect()
}

fn signature(scenario: &Scenario, violation: &Violation) -> String {
    Signature::of(&scenario.file, violation).to_string()
}

fn found(signature: String, violation: &Violation, seen: &Seen) -> Found {
    Found {
        signature,
        name: violation.name.clone(),
        why: violation.why.clone(),
        file: violation.place.file.clone(),
        line: violation.place.line,
        count: seen.count,
        first: seen.first,
        steps: violation.steps,
        switches: violation.switches,
        best: seen.best.as_ref().map_or(seen.first, |best| best.execution - 1),
        schedule: violation.schedule.clone(),
        fate: None,
    }
}

impl Part {
    /// Adds a finding; several instructions of a line are one.
    pub(super) fn found(&mut self, found: Found) {
        match self.findings.iter_mut().find(|known| known.signature == found.signature) {
            Some(known) => known.join(&found),
            None => self.findings.push(found),
        }
        self.findings.sort_by(|a, b| a.signature.cmp(&b.signature));
    }
}

/// What is kept of executions that find the same at the same instruction.
#[derive(Clone, Debug, Default)]
struct Seen {
    count: u64,
    first: u64,
    best: Option<Best>,
}

/// Sees executions end, and what they find where: a tally knows only what.
#[derive(Default)]
struct Findings {
    /// By name and instruction.
    seen: BTreeMap<(String, u32), Seen>,
    /// The execution that runs.
    execution: u64,
    /// The instruction that the last step began with.
    step: u32,
    begun: bool,
    steps: u64,
    switches: u64,
    task: Option<TaskId>,
}

impl Watch for Findings {
    #[inline(always)]
    fn event(&mut self, _: &World<'_>, _: TaskId, _: u32, _: Event) {}

    #[inline(always)]
    fn runs(&mut self, pc: u32) {
        if self.begun {
            self.begun = false;
            self.step = pc;
        }
    }
}

impl Follow for Findings {
    #[inline(always)]
    fn begins(&mut self, _: &World<'_>, task: TaskId) {
        self.begun = true;
        self.steps += 1;
        self.switches += u64::from(self.task.is_some_and(|last| last != task));
        self.task = Some(task);
    }
}

impl Audience for Findings {
    fn begin(&mut self) {
        (self.steps, self.switches, self.task) = (0, 0, None);
    }

    fn over(&mut self, _: &World<'_>, end: &End, picks: &[Pick]) {
        if let End::Finding(finding) = end {
            self.found(finding, picks);
        }
        self.execution += 1;
    }
}

impl Findings {
    #[cold]
    fn found(&mut self, Finding { name, pc, .. }: &Finding, picks: &[Pick]) {
        let first = Seen { first: self.execution, ..Seen::default() };
        let seen = self.seen.entry((name.clone(), pc.unwrap_or(self.step))).or_insert(first);
        seen.count += 1;
        let (steps, switches) = (self.steps, self.switches);
        let better =
            |best: &Best| (steps, switches, picks) < (best.steps, best.switches, best.picks.as_slice());
        if seen.best.as_ref().is_none_or(better) {
            seen.best = Some(Best { steps, switches, picks: picks.to_vec(), execution: self.execution + 1 });
        }
    }
}
