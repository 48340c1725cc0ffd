//! `campaign status`: which shards are missing, and which questions have no answer.

use super::folder::Folder;
use crate::cli::args::Format;
use crate::cli::args::campaign::Status;
use crate::cli::checks::refuse_checks;
use crate::cli::output::{Objects, Out};
use crate::question::Rejected;
use crate::report::campaign::{state, state_object};
use crate::verdict::Exit;

/// Tells how far a campaign is. It changes nothing.
pub fn status(args: &Status) -> Result<Exit, Rejected> {
    refuse_checks("campaign status", &args.output)?;
    let folder = Folder::open(&args.folder)?;
    let survey = folder.survey()?;
    let tallied = survey.merged.tallied(&folder.manifest);
    if args.output.format == Format::Human {
        Out::new().write(&state(&folder.manifest, &survey.merged, &tallied, &survey.torn));
    } else {
        let mut objects = Objects::new(args.output.format);
        objects.write(&state_object(&folder.manifest, &survey.merged, &tallied, &survey.torn));
        objects.finish();
    }
    let whole = survey.merged.missing(&folder.manifest).is_empty();
    Ok(if whole { Exit::AsExpected } else { Exit::Inconclusive })
}
