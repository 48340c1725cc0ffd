//! Leaves things out of a world for as long as it fails in the same way: halves of them first, then one at a time.

use super::certificate::Certificate;
use super::edit::{Edit, Kind, edits};
use super::oracle::{Oracle, Refuted, Tried};
use super::story::Run;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// What is left out together, coarse things first, and in runs of so many at least. Every task is tried alone before anything
/// else goes: what another one needs may be gone later.
const GROUPS: [(&[Kind], usize); 3] =
    [(&[Kind::Task], 1), (&[Kind::Name, Kind::Line], 2), (&[Kind::Statement], 2)];

/// A world that fails, and becomes smaller.
pub struct Reducer<'a> {
    oracle: &'a Oracle<'a>,
    text: String,
    run: Run,
    certificate: Certificate,
    pool: Option<ThreadPool>,
}

/// A smaller world that fails in the same way.
struct Smaller {
    text: String,
    run: Run,
}

impl<'a> Reducer<'a> {
    /// From a world and a run that fails in it.
    ///
    /// # Panics
    /// If the system does not give a single thread.
    pub fn new(oracle: &'a Oracle<'a>, text: String, run: Run) -> Self {
        let jobs = oracle.effort.jobs;
        let build = || ThreadPoolBuilder::new().num_threads(jobs).build().expect("there is room for threads");
        Self { oracle, text, run, certificate: Certificate::default(), pool: (jobs > 1).then(build) }
    }

    /// Leaves out what can be left out. If the control ends it, what is left so far stays.
    pub fn run(&mut self) {
        for (kinds, least) in GROUPS {
            if self.halves(kinds, least).is_none() {
                return;
            }
        }
        _ = self.singles();
    }

    /// The smallest world, why nothing more can be left out, and a run that fails in it.
    pub fn finish(self) -> (String, Certificate, Run) {
        (self.text, self.certificate, self.run)
    }

    fn edits(&self) -> Vec<Edit> {
        let name = self.oracle.signature.name.as_str();
        edits(&self.text, self.oracle.condition.as_deref().map(|condition| (name, condition)))
    }

    /// Delta debugging: of the edits of some kinds runs of all, of half of them, a quarter, down to the least. `None`: it
    /// was halted.
    fn halves(&mut self, kinds: &[Kind], least: usize) -> Option<()> {
        let of_kind = |reducer: &Self| -> Vec<Edit> {
            reducer.edits().into_iter().filter(|edit| kinds.contains(&edit.kind)).collect()
        };
        let mut edits = of_kind(self);
        let mut size = edits.len();
        while size >= least.max(1) {
            let mut from = 0;
            while from < edits.len() {
                let groups: Vec<&[Edit]> = edits[from..].chunks(size).collect();
                let texts: Vec<_> = groups.iter().map(|group| Edit::apply_all(*group, &self.text)).collect();
                let Some((at, smaller)) = self.first(&texts)? else { break };
                self.accept(smaller);
                edits = of_kind(self);
                from += at * size;
            }
            size = (size / 2).min(edits.len());
        }
        Some(())
    }

    /// One thing at a time, again and again until nothing more can be left out. `None`: it was halted.
    fn singles(&mut self) -> Option<()> {
        let (mut from, mut changed) = (0, false);
        loop {
            let edits = self.edits();
            let texts: Vec<_> = edits.iter().map(|edit| edit.apply(&self.text)).collect();
            let from_here = texts.get(from..).unwrap_or_default();
            match self.first(from_here)? {
                Some((at, smaller)) => {
                    self.accept(smaller);
                    // The same place of a list that is shorter now: what comes next.
                    from += at;
                    changed = true;
                }
                None if changed => (from, changed) = (0, false),
                None if from > 0 => from = 0,
                None => break,
            }
        }
        let edits = self.edits();
        let refuted = std::mem::take(&mut self.certificate.refuted);
        self.certificate.refuted =
            edits.into_iter().zip(refuted).map(|(edit, (_, refuted))| (edit.what, refuted)).collect();
        Some(())
    }

    fn accept(&mut self, smaller: Smaller) {
        self.text = smaller.text;
        self.run = smaller.run;
    }

    /// The first of some worlds, in their order, that fails in the same way. If none does, why is in the certificate. `None`:
    /// it was halted.
    fn first(&mut self, texts: &[Option<String>]) -> Option<Option<(usize, Smaller)>> {
        self.certificate.refuted.clear();
        let mut from = 0;
        for block in texts.chunks(self.oracle.effort.jobs.max(1)) {
            for (at, tried) in self.ask(block).into_iter().enumerate() {
                match tried {
                    Ok(run) => {
                        let text = block[at].clone().unwrap_or_default();
                        return Some(Some((from + at, Smaller { text, run })));
                    }
                    Err(Refuted::Halted(limit)) => {
                        self.certificate = Certificate { halted: Some(limit), ..Certificate::default() };
                        return None;
                    }
                    Err(refuted) => self.certificate.refuted.push((String::new(), refuted)),
                }
            }
            from += block.len();
        }
        Some(None)
    }

    /// What comes of each world of a block.
    fn ask(&self, block: &[Option<String>]) -> Vec<Tried> {
        let ask = |text: &Option<String>| match text {
            Some(text) => self.oracle.ask(text, &self.run),
            None => Err(Refuted::Meaningless),
        };
        match &self.pool {
            Some(pool) if block.len() > 1 => pool.install(|| block.par_iter().map(ask).collect()),
            _ => block.iter().map(ask).collect(),
        }
    }
}
