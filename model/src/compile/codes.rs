//! The numbers of the mistakes of meaning: E100 to E199. A number is never given to another kind of mistake.

use crate::lang::diagnostic::Code;

/// A name that nothing declares.
pub const UNKNOWN_NAME: Code = Code(100);
/// A field that no struct has.
pub const UNKNOWN_FIELD: Code = Code(101);
/// A call of something that is no function, verb or callback.
pub const UNKNOWN_FUNCTION: Code = Code(102);
/// A call with too many or too few arguments.
pub const WRONG_ARITY: Code = Code(103);
/// A thing of the wrong kind: a list where a lock is needed.
pub const WRONG_KIND: Code = Code(104);
/// A `goto` to a label that its function does not have.
pub const UNKNOWN_LABEL: Code = Code(105);
/// A label said twice in one function.
pub const DUPLICATE_LABEL: Code = Code(106);
/// A `goto` into an `atomic` block.
pub const GOTO_INTO_ATOMIC: Code = Code(107);
/// `break` or `continue` outside a loop.
pub const OUTSIDE_LOOP: Code = Code(108);
/// An assignment to what cannot be assigned to.
pub const NOT_ASSIGNABLE: Code = Code(109);
/// One name for two things.
pub const DUPLICATE_NAME: Code = Code(110);
/// A field said twice in one struct.
pub const DUPLICATE_FIELD: Code = Code(111);
/// A number of elements that is no positive constant.
pub const BAD_COUNT: Code = Code(112);
/// A first value that is not known before boot.
pub const NOT_CONSTANT: Code = Code(113);
/// A type that cannot stand where it stands.
pub const BAD_TYPE_HERE: Code = Code(114);
/// A struct, function or list that the contract needs and the protocol lacks.
pub const CONTRACT: Code = Code(115);
/// A callback that its struct does not have.
pub const UNKNOWN_CALLBACK: Code = Code(116);
/// A value given to what takes none, or the other way round.
pub const BAD_METHOD: Code = Code(117);
/// A `may` that can never happen.
pub const IMPOSSIBLE_MAY: Code = Code(118);
/// A site named by `faults` that is none.
pub const UNKNOWN_SITE: Code = Code(119);
/// More than one `faults` line.
pub const SEVERAL_FAULTS: Code = Code(120);
/// Functions that call each other in a circle without a callback between.
pub const RECURSION: Code = Code(121);
/// `me` where a task without an index can come.
pub const ME_WITHOUT_INDEX: Code = Code(122);
/// A function of conditions used in code, or a call of code used in a condition.
pub const ONLY_IN_CONDITIONS: Code = Code(123);
/// A variable that a task does not have.
pub const UNKNOWN_VARIABLE: Code = Code(124);
/// An index of a task or array that is out of its range.
pub const INDEX_OUT_OF_RANGE: Code = Code(125);
/// `time` of something that takes none.
pub const UNKNOWN_TIME: Code = Code(126);
/// A `time` range whose end comes before its beginning.
pub const EMPTY_TIME: Code = Code(127);
/// A name that `breaks` uses and nothing is called.
pub const UNKNOWN_BREAKS: Code = Code(128);
/// A value set from outside for what the text does not have.
pub const UNKNOWN_PARAMETER: Code = Code(129);
/// Boot that waits for something that cannot come.
pub const BOOT_BLOCKS: Code = Code(130);
/// More than the machine has room for.
pub const TOO_LARGE: Code = Code(131);
/// A function with the name of a verb.
pub const NAMED_AS_VERB: Code = Code(132);
/// Two conditions with one label, or a label that is an invariant's name.
pub const BAD_LABEL: Code = Code(133);
/// A verb without a value used as one.
pub const NO_VALUE: Code = Code(134);
/// A scenario without a task.
pub const NO_TASK: Code = Code(135);
