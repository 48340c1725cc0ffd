//! Of campaigns.

use super::{Ask, Color, Output, Sitting};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const AFTER: &str = "\
A campaign is a folder: `manifest.json` says what is run, `texts/` has all scenarios and protocols, so the folder can be copied \
anywhere, and each file in `shards/` is what one shard came to. A shard depends on nothing but the manifest and its number: \
whoever computes it, wherever and how often, writes the same bytes. So a campaign goes on after any interruption, several \
processes and machines can share its folder, and copies of it are put together by `merge`.

Examples:
  pernet-sim campaign plan night race/ fault/ --runs 1000000   what is to be run
  pernet-sim campaign plan all --questions --max-states 50000000
                                                               each question of each shipped page, searched
  pernet-sim campaign plan worlds --fuzz linux-7 --shard-size 1000
  pernet-sim campaign run night                                all of it, here; again: the rest of it
  pernet-sim campaign status night                             which shards are missing, what has no answer yet
  pernet-sim campaign merge night                              what it came to
  pernet-sim campaign query night curve                        what each shard has added

On a cluster, with the folder where all its machines see it:
  pernet-sim campaign submit night --engine slurm
  pernet-sim campaign status night && pernet-sim campaign merge night

Without a common folder:
  pernet-sim campaign merge night copy-1 copy-2 --out all

Exit status:
  0  done; of `merge`: every question answered as it expects
  1  of `merge`: a violation that is not expected, or an expected one that did not come
  2  bad input, or a folder that cannot be written
  3  shards are missing: they were not run yet, it was interrupted, or the disk is full; of `merge` also: inconclusive
  5  a shard came out in two ways";

/// Runs more executions than one sitting can.
#[derive(Args, Debug)]
#[command(after_help = AFTER, disable_help_subcommand = true)]
pub struct Campaign {
    #[command(subcommand)]
    pub what: What,
}

/// What is done with a campaign.
#[derive(Subcommand, Debug)]
pub enum What {
    /// Write a manifest: what is run, cut into shards
    Plan(Plan),
    /// Run all shards that are missing, on this machine
    Run(Run),
    /// Run some shards; those that are there already are passed over
    RunShard(RunShard),
    /// Say which shards are missing
    Status(Status),
    /// Put shards together: what the campaign came to, as text and as a SQLite file
    Merge(Merge),
    /// Ask the SQLite file
    Query(Query),
    /// Hand the missing shards to an engine that runs them
    Submit(Submit),
}

/// What is planned.
#[derive(Args, Debug)]
pub struct Plan {
    /// The campaign's folder; it is made
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Scenarios, or folders of them; those shipped if there is none
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub ask: Ask,
    /// Worlds drawn at random for this protocol besides, or in place of scenarios if none is named; can be said several times.
    /// Each is looked at as `pernet-sim fuzz` does without a corpus
    #[arg(long, value_name = "NAME|FILE")]
    pub fuzz: Vec<String>,
    /// Each question is asked as `run` asks it: all states are searched, and executions sampled where the limits do not allow
    /// that. A shard is a question, or `--shard-size` of them
    #[arg(long, conflicts_with = "fuzz")]
    pub questions: bool,
    /// Executions by the agenda: arrivals, delays and durations as `time` declares them
    #[arg(long, conflicts_with_all = ["questions", "fuzz"])]
    pub timed: bool,
    /// Random executions of each question, and worlds of each protocol; with `--questions` those where a search does not
    /// suffice [default: 100000, and 10000 with --questions]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub runs: Option<u64>,
    /// Executions of one shard, or questions: as many as a task should do that may be killed [default: 100000, and 1 with
    /// --questions]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub shard_size: Option<u64>,
    /// Where their picks begin
    #[arg(long, value_name = "0x..", default_value = "0x0", allow_negative_numbers = true)]
    pub seed: String,
    /// Who settles their picks: see `list schedulers`. With `random`, an execution is the same whatever the shards' size;
    /// one that learns begins to learn anew in each shard, and of a question's executions none is in another shard
    /// [default: random, and turns with --questions]
    #[arg(long, value_name = "NAME")]
    pub scheduler: Option<String>,
    /// States that the search of a question may store
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1_000_000,
        requires = "questions",
        allow_negative_numbers = true
    )]
    pub max_states: u64,
    /// Memory that one search may store states in, as in 512M, 4G; there are as many searches at a time as threads
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "2G",
        requires = "questions",
        allow_negative_numbers = true
    )]
    pub max_memory: String,
    /// Steps of one execution
    #[arg(long, value_name = "N", default_value_t = 1_000_000, allow_negative_numbers = true)]
    pub max_steps: u64,
    #[command(flatten)]
    pub color: Color,
}

/// What is run here; what is not done in time is left for another sitting.
#[derive(Args, Debug)]
pub struct Run {
    /// The campaign's folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub sitting: Sitting,
    #[command(flatten)]
    pub output: Output,
}

/// Which shards are run.
#[derive(Args, Debug)]
pub struct RunShard {
    /// The campaign's folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Their numbers, from 0: `17`, or `0-3,7`
    #[arg(long, value_name = "I", allow_hyphen_values = true)]
    pub index: String,
    /// Only a part of them: `2/64` is the third of 64, the first is 0
    #[arg(long, value_name = "K/N", allow_hyphen_values = true)]
    pub part: Option<String>,
    /// Runs also those that are there already, and compares: exit status 5 if one comes out in another way
    #[arg(long)]
    pub again: bool,
    #[command(flatten)]
    pub color: Color,
}

/// Of which campaign.
#[derive(Args, Debug)]
pub struct Status {
    /// The campaign's folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub output: Output,
}

/// What is put together.
#[derive(Args, Debug)]
pub struct Merge {
    /// Folders of one campaign
    #[arg(value_name = "DIR", required = true)]
    pub folders: Vec<PathBuf>,
    /// The folder that gets everything [default: the first DIR]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

/// What is asked.
#[derive(Args, Debug)]
pub struct Query {
    /// The campaign's folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The name of a query, or one in SQL; without it, all names
    #[arg(value_name = "NAME|SQL")]
    pub query: Option<String>,
    #[command(flatten)]
    pub output: Output,
}

/// What is handed to an engine.
#[derive(Args, Debug)]
pub struct Submit {
    /// The campaign's folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Who runs the shards: `slurm` as a job array, `kubernetes` as an Indexed Job, `parallel` by GNU parallel; `print` writes
    /// a command line for each task
    #[arg(long, value_enum)]
    pub engine: Engine,
    /// Shows the job, and submits nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Tasks that the missing shards are divided among [default: one for each, 1000 at most]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub tasks: Option<u64>,
    /// Tasks that may run at the same time [default: as many as the engine allows]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub at_once: Option<u64>,
    /// The pernet-sim that tasks call [default: this one, and `pernet-sim` in a container]
    #[arg(long, value_name = "FILE")]
    pub program: Option<String>,
    /// The engine's program [default: sbatch, kubectl or sh]
    #[arg(long, value_name = "FILE")]
    pub with: Option<PathBuf>,
    /// Kubernetes: the container's image
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Kubernetes: the volume claim that the campaign's folder is in, and where in it
    #[arg(long, value_name = "NAME[/FOLDER]")]
    pub claim: Option<String>,
    #[command(flatten)]
    pub color: Color,
    /// Further arguments of the engine's program, as in `-- --partition=night`
    #[arg(last = true, value_name = "ARG")]
    pub args: Vec<String>,
}

/// Who runs shards.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "said above")]
pub enum Engine {
    Slurm,
    Kubernetes,
    Parallel,
    Print,
}
