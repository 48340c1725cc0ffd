//! The numbers of the mistakes outside the language: E200 to E399.
//!
//! A number is never given to another kind of mistake, also after its own has gone.

use model::lang::diagnostic::Code;

/// A path that does not exist.
pub const NO_SUCH_FILE: Code = Code(200);
/// A file or folder that cannot be read.
pub const NOT_READABLE: Code = Code(201);
/// A file that is no UTF-8 text.
pub const NOT_UTF8: Code = Code(202);
/// A folder without a scenario in it.
pub const NO_SCENARIOS: Code = Code(203);
/// A protocol where a scenario is needed.
pub const PROTOCOL_AS_SCENARIO: Code = Code(204);
/// A scenario where a protocol is needed.
pub const SCENARIO_AS_PROTOCOL: Code = Code(205);
/// A scheduler that does not exist.
pub const UNKNOWN_SCHEDULER: Code = Code(206);
/// A seed that is no number of 64 bits.
pub const BAD_SEED: Code = Code(207);
/// A `--set` that is not `NAME=VALUE`.
pub const BAD_SET: Code = Code(208);
/// A `--set` of a name that is neither a `const` nor a `for`.
pub const UNKNOWN_CONST: Code = Code(209);
/// A span of wall time that cannot be read.
pub const BAD_TIME: Code = Code(210);
/// An amount of memory that cannot be read.
pub const BAD_SIZE: Code = Code(211);
/// A replay file of a version that this program does not know.
pub const REPLAY_VERSION: Code = Code(212);
/// A replay file that ends too early.
pub const REPLAY_TRUNCATED: Code = Code(213);
/// A line of a replay file that cannot be read.
pub const REPLAY_LINE: Code = Code(214);
/// A run that does not go as it was recorded.
pub const REPLAY_DIVERGES: Code = Code(215);
/// A pick of a schedule that cannot be read.
pub const BAD_TOKEN: Code = Code(216);
/// A schedule of a version that this program does not know.
pub const TOKEN_VERSION: Code = Code(217);
/// A schedule without the scenario that it is of.
pub const TOKEN_NEEDS_SCENARIO: Code = Code(218);
/// A scenario that asks several questions, where one is needed.
pub const SEVERAL_QUESTIONS: Code = Code(219);
/// Something that could not be written.
pub const NOT_WRITABLE: Code = Code(220);
/// A file beyond the size that is read.
pub const TOO_LARGE: Code = Code(221);
/// A scheduler that needs a schedule.
pub const NEEDS_SCHEDULE: Code = Code(222);
/// A reduction that does not exist.
pub const UNKNOWN_REDUCTION: Code = Code(223);
/// Something that is no replay file at all.
pub const NOT_A_REPLAY: Code = Code(224);
/// A folder where a file is needed.
pub const IS_A_FOLDER: Code = Code(225);
/// A schedule of more picks than one run can have.
pub const TOKEN_TOO_LONG: Code = Code(226);
/// A number that must not be zero.
pub const ZERO: Code = Code(227);
/// A name behind `breaks` that nothing can be found under.
pub const UNKNOWN_BREAKS: Code = Code(228);
/// A shipped file that does not exist.
pub const NOT_SHIPPED: Code = Code(229);
/// An option that has no meaning together with another.
pub const CONFLICT: Code = Code(230);
/// The same name set twice.
pub const SET_TWICE: Code = Code(231);
/// A replay file without one of its lines.
pub const REPLAY_MISSING: Code = Code(232);
/// A `--set` of a value beyond the integers of the language.
pub const SET_RANGE: Code = Code(233);
/// `for` lines of more values than can be asked of.
pub const TOO_MANY_QUESTIONS: Code = Code(234);
/// A saved folder whose texts were changed since.
pub const BUNDLE_CHANGED: Code = Code(235);
/// An order of search that does not exist.
pub const UNKNOWN_SEARCH: Code = Code(236);
/// A number behind a scheduler's name that it cannot use.
pub const SCHEDULER_NUMBER: Code = Code(240);
/// A scheduler that has nothing to decide in a timed run.
pub const UNTIMED_SCHEDULER: Code = Code(241);
/// A construct that a Promela model cannot say.
pub const PROMELA_CONSTRUCT: Code = Code(255);
/// A verb that a Promela model cannot say.
pub const PROMELA_VERB: Code = Code(256);
/// A recursion, which a Promela model cannot say.
pub const PROMELA_RECURSION: Code = Code(257);
/// A question too large for a Promela model.
pub const PROMELA_SIZE: Code = Code(258);
/// An exhibit that the museum does not have.
pub const NO_EXHIBIT: Code = Code(270);
/// An exhibit without a label that can be read.
pub const NO_LABEL: Code = Code(271);
/// A recording that is no JSON object.
pub const RECORDING_JSON: Code = Code(280);
/// A recording without one of its parts, or with one of another kind.
pub const RECORDING_PART: Code = Code(281);
/// An event that does not exist.
pub const RECORDING_EVENT: Code = Code(282);
/// An event without one of its fields, or with one of another kind.
pub const RECORDING_FIELD: Code = Code(283);
/// A command that does not exist.
pub const RECORDING_COMMAND: Code = Code(284);
/// A command that says too much, too little, or what makes no sense.
pub const RECORDING_ARGUMENT: Code = Code(285);
/// A command about something that none before it has made.
pub const RECORDING_NAME: Code = Code(286);
/// A command that the era cannot follow.
pub const RECORDING_ERA: Code = Code(287);
/// A kernel whose era is not known.
pub const RECORDING_KERNEL: Code = Code(288);
/// A folder without a recording in it.
pub const NO_RECORDINGS: Code = Code(289);
/// A run that breaks nothing, or a scenario in which nothing breaks: there is nothing to make small.
pub const SHRINK_NOTHING: Code = Code(300);
/// A run that breaks something else than what was asked for.
pub const SHRINK_OTHER: Code = Code(301);
/// A protocol that worlds drawn for it do not fit.
pub const FUZZ_MISFIT: Code = Code(310);
/// A token that was not copied whole.
pub const TOKEN_TRUNCATED: Code = Code(320);
/// A token with a slip in it.
pub const TOKEN_DAMAGED: Code = Code(321);
/// A token of a version that this program does not know.
pub const UNKNOWN_TOKEN: Code = Code(322);
/// A token that unpacks to more than any run that has one.
pub const TOKEN_HUGE: Code = Code(323);
/// A shipped text that a token names and this program does not have.
pub const SHIPPED_GONE: Code = Code(324);
/// A run without a seed, where one is needed.
pub const NO_SEED: Code = Code(325);
/// A seed that gives other picks than were recorded.
pub const SEED_DIFFERS: Code = Code(326);
/// Executions that are to be recorded, where none are sampled.
pub const NOTHING_TO_RECORD: Code = Code(327);
/// A format that a command does not have.
pub const NO_SUCH_FORMAT: Code = Code(330);
/// A summary of a command that has none.
pub const NO_SUMMARY: Code = Code(331);
/// A campaign's manifest that cannot be read.
pub const MANIFEST_TEXT: Code = Code(340);
/// A manifest of a format that this program does not know.
pub const MANIFEST_FORMAT: Code = Code(341);
/// A manifest that says what makes no sense.
pub const MANIFEST_SENSE: Code = Code(342);
/// A campaign of another version of this program.
pub const CAMPAIGN_TOOL: Code = Code(343);
/// A text of a campaign that is not there any more, or is another one.
pub const CAMPAIGN_TEXT: Code = Code(344);
/// Shards that cannot be read, or do not exist.
pub const BAD_SHARDS: Code = Code(345);
/// A folder without a campaign in it.
pub const NO_CAMPAIGN: Code = Code(346);
/// A folder with another campaign in it.
pub const CAMPAIGN_THERE: Code = Code(347);
/// Campaigns that are not the same.
pub const CAMPAIGNS_DIFFER: Code = Code(348);
/// A file that is no whole shard.
pub const TORN_SHARD: Code = Code(349);
/// A shard that came out in two ways.
pub const SHARD_CONFLICT: Code = Code(350);
/// A part of some shards that cannot be read, or does not exist.
pub const BAD_PART: Code = Code(351);
/// A campaign whose results were not merged.
pub const NOT_MERGED: Code = Code(352);
/// A query that does not exist.
pub const UNKNOWN_QUERY: Code = Code(353);
/// A query that cannot be answered.
pub const BAD_QUERY: Code = Code(354);
/// An engine that cannot be started, or did not take the job.
pub const ENGINE_FAILED: Code = Code(355);
/// A disk that is full.
pub const DISK_FULL: Code = Code(356);
/// A campaign of too many executions or shards.
pub const CAMPAIGN_SIZE: Code = Code(357);
/// What an engine needs to be told.
pub const ENGINE_NEEDS: Code = Code(358);
/// A manifest that is not as it was planned.
pub const MANIFEST_CHANGED: Code = Code(359);
