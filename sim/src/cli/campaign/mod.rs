//! `campaign`: more executions than one sitting runs.

mod database;
mod folder;
mod merge;
mod plan;
mod query;
mod run;
mod status;
mod submit;

use super::args::campaign::{Campaign, What};
use crate::verdict::Exit;

/// Does what is said with a campaign.
pub fn campaign(args: &Campaign) -> Exit {
    let (done, color) = match &args.what {
        What::Plan(args) => (plan::plan(args), args.color),
        What::Run(args) => (run::run(args), args.output.color),
        What::RunShard(args) => (run::run_shard(args), args.color),
        What::Status(args) => (status::status(args), args.output.color),
        What::Merge(args) => (merge::merge(args), args.output.color),
        What::Query(args) => (query::query(args), args.output.color),
        What::Submit(args) => (submit::submit(args), args.color),
    };
    done.unwrap_or_else(|rejected| super::refuse(&rejected, "", color))
}
