//! What is answered about a recording.

use super::features::Features;
use super::follow::{Followed, follow};
use super::kernel::Chosen;
use super::recording::Recording;
use super::stage::Stage;
use crate::codes;
use crate::limit::{Control, Limits};
use crate::question::{Loaded, Question, Rejected, Scenario, Values};
use crate::room::{Unrun, with_room_unjudged};
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use model::lang::load::Library;
use model::machine::Room;

/// The answer, with all that a report needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What was asked about.
    pub recording: Recording,
    /// The era, and why it.
    pub chosen: Chosen,
    /// What came of it.
    pub followed: Followed,
    /// States in which there was a choice.
    pub states: u64,
}

impl Answer {
    /// The exit status that it means.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self.followed {
            Followed::Accepted { .. } => Exit::AsExpected,
            Followed::Rejected { .. } => Exit::Finding,
            Followed::Cut(_) => Exit::Inconclusive,
        }
    }

    /// One word.
    #[must_use]
    pub const fn verdict(&self) -> &'static str {
        match self.followed {
            Followed::Accepted { .. } => "accepted",
            Followed::Rejected { .. } => "rejected",
            Followed::Cut(_) => "inconclusive",
        }
    }
}

/// The scenario of a recording's commands on its era; `protocol`: on another.
///
/// # Errors
/// If the kernel has no era, or the era cannot do what the commands say.
pub fn staged(
    recording: &Recording,
    protocol: Option<&str>,
    library: &dyn Library,
) -> Result<(Chosen, Stage), Box<Rejected>> {
    let chosen = match protocol {
        Some(protocol) => Chosen::given(protocol),
        None => {
            Chosen::of(&recording.kernel, recording.calls_batch_rtnl()).ok_or_else(|| no_era(recording))?
        }
    };
    let features = Features::of(&chosen.protocol, library)?;
    let stage = Stage::new(recording, &features)?;
    Ok((chosen, stage))
}

/// A stage's scenario with the texts of its era.
///
/// # Errors
/// If the two do not go together.
pub fn loaded(stage: &Stage, library: &dyn Library) -> Result<Loaded, Box<Rejected>> {
    let scenario = Scenario::read("recording.pernet", &stage.text)?;
    let question = Question { protocol: stage.protocol.clone(), breaks: Vec::new(), params: Values::new() };
    Ok(scenario.load(&question, library)?)
}

/// Could the era have done exactly what was recorded?
///
/// # Errors
/// If it cannot even be asked.
pub fn conform(
    recording: &Recording,
    protocol: Option<&str>,
    library: &dyn Library,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Answer, Box<Rejected>> {
    let (chosen, stage) = staged(recording, protocol, library)?;
    let loaded = loaded(&stage, library)?;
    let mut room = Room::default();
    let followed =
        with_room_unjudged(&loaded, &mut room, |program| follow(recording, &stage, program, limits, control));
    match followed {
        Ok((followed, states)) => Ok(Answer { recording: recording.clone(), chosen, followed, states }),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
        Err(Unrun::Boot(finding, _)) => {
            let instead = vec![format!("{} before the first step: {}", finding.name, finding.why)];
            let recorded = recording.events.first().map(ToString::to_string);
            let followed = Followed::Rejected { event: 0, recorded, instead };
            Ok(Answer { recording: recording.clone(), chosen, followed, states: 0 })
        }
    }
}

fn no_era(recording: &Recording) -> Box<Rejected> {
    let message = format!("`{}` is no kernel whose era is known", recording.kernel);
    let help = "its version comes first, as in `6.1.0-56-cloud-amd64`; or choose an era with `--protocol`";
    Box::new(Rejected {
        sources: recording.sources.clone(),
        diagnostics: vec![Diagnostic::without_place(codes::RECORDING_KERNEL, message).help(help)],
    })
}
