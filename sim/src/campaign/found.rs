//! A finding of a campaign as a folder that `replay` takes: the run again, with its texts.

use super::manifest::{Manifest, Unit};
use super::run::load;
use super::shard::Found;
use crate::answer::repeated;
use crate::bundle::Bundle;
use crate::question::Rejected;
use crate::replay::replay;
use model::machine::Room;

/// The bundle of a unit's finding, if a schedule shows it. `texts`: those of the manifest, in its order; `folder`: where
/// bundles are kept, for the command in the report.
///
/// # Errors
/// If the texts cannot be used.
pub fn bundle(
    manifest: &Manifest,
    texts: &[String],
    unit: usize,
    found: &Found,
    folder: &str,
) -> Result<Option<Bundle>, Box<Rejected>> {
    let Some(schedule) = &found.schedule else { return Ok(None) };
    let Unit::Sample(sample) = &manifest.units[unit];
    let (scenario, loaded) = load(manifest, texts, sample)?;
    let replayed = replay(&loaded, &Room::default(), &schedule.0, false, manifest.max_steps)?;
    let answer = repeated(&scenario, &loaded, &sample.question(), &schedule.0, replayed);
    Ok(answer.violations.first().and_then(|violation| Bundle::new(&answer, violation, folder)))
}
