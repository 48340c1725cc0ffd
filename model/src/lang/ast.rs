//! The syntax tree: a file as it was written, with the place of everything.
//!
//! The tree keeps what the printer needs to give the text back (parentheses, labels, the order of items). Comments are
//! not in it: the printer finds them in the text by their place.

mod walk;

use super::source::Span;
use super::token::Token;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A name and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// What kind of file it is.
    pub head: Head,
    /// The items after the head, in order.
    pub items: Vec<Item>,
}

/// The first lines of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Head {
    /// `protocol NAME [is BASE];`
    Protocol {
        /// The protocol's name.
        name: Name,
        /// What it differs from.
        base: Option<Name>,
    },
    /// A scenario: its `on` and `for` lines. Never empty in a file without errors.
    Scenario {
        /// The lines, in order.
        questions: Vec<Question>,
    },
}

/// A line that a scenario is asked once for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// `on PROTO [breaks NAME, ...];`
    On {
        /// The protocol.
        protocol: Name,
        /// What must be found, exactly.
        breaks: Vec<Name>,
        /// The whole line.
        span: Span,
    },
    /// `for NAME in INT..INT;`
    For {
        /// The parameter.
        name: Name,
        /// First value.
        lo: i64,
        /// Last value, included.
        hi: i64,
        /// The whole line.
        span: Span,
    },
}

/// An item and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// From its first to its last token.
    pub span: Span,
}

/// One item of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ItemKind {
    /// `int x = 1;`, `ops veth { ... }`
    Decl(Decl),
    /// `struct NAME { ... }`
    Struct {
        /// The struct.
        name: Name,
        /// Its fields.
        fields: Vec<Decl>,
    },
    /// `const NAME = INT;`
    Const {
        /// The constant.
        name: Name,
        /// Its value.
        value: i64,
    },
    /// `fn NAME(...) { ... }`
    Fn(Function),
    /// `boot { ... }`
    Boot(Body),
    /// `task NAME[N] { ... }`
    Task {
        /// The task.
        name: Name,
        /// How many of it.
        count: Option<Num>,
        /// What it does.
        body: Body,
    },
    /// `always LABEL: expr, expr;` and its three siblings.
    Condition {
        /// Which of the four.
        kind: ConditionKind,
        /// The name that `breaks` may use.
        label: Option<Name>,
        /// The expressions; each is a condition of its own.
        exprs: Vec<Expr>,
    },
    /// `faults N [in NAME, ...];`
    Faults {
        /// How many in one schedule.
        budget: Num,
        /// Where; empty: everywhere.
        sites: Vec<Name>,
    },
    /// `time NAME[.NAME] = DURATION [.. DURATION];`
    Time {
        /// A verb, callback, ops or task.
        target: Name,
        /// A callback of an ops.
        member: Option<Name>,
        /// Shortest.
        lo: Duration,
        /// Longest, if it is a range.
        hi: Option<Duration>,
    },
    /// `replace in NAME[.NAME] {old} with {new}`
    Replace {
        /// A function, task or object.
        target: Name,
        /// A callback of that object.
        member: Option<Name>,
        /// The tokens between the first braces.
        old: Vec<Token>,
        /// The tokens between the second braces.
        new: Vec<Token>,
    },
    /// `protocol NAME is BASE { ... }` inside a scenario.
    Protocol {
        /// The protocol's name.
        name: Name,
        /// What it differs from.
        base: Name,
        /// The difference.
        items: Vec<Item>,
    },
}

/// A declaration of variables, fields or objects of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decl {
    /// Their type.
    pub ty: Type,
    /// Their names.
    pub vars: Vec<Var>,
    /// `{ ... }` after the last name: values and callbacks of static objects.
    pub methods: Option<Vec<Method>>,
    /// The whole declaration.
    pub span: Span,
}

/// One declared name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Var {
    /// The name.
    pub name: Name,
    /// `None`: no brackets; `Some(None)`: `[]`; `Some(Some(n))`: `[n]`.
    pub array: Option<Option<Num>>,
    /// The first value.
    pub init: Option<Expr>,
}

/// A type, as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of type.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the word of the language that it names")]
pub enum TypeKind {
    Int,
    Ptr,
    Link,
    /// `list<struct.link>`
    List {
        strukt: Name,
        link: Name,
    },
    Mutex,
    Rwsem,
    Spinlock,
    Refcount,
    Ida,
    Idr,
    Work,
    Workqueue,
    Callback,
    /// The name of a struct.
    Struct(String),
}

/// One line of the braces behind a static object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Method {
    /// The field or callback.
    pub name: Name,
    /// What it is given.
    pub kind: MethodKind,
    /// The whole line.
    pub span: Span,
}

/// What a line of an object's braces says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MethodKind {
    /// `init(net) { ... }`
    Body {
        /// Its parameters.
        params: Vec<Name>,
        /// Its statements.
        body: Body,
    },
    /// `size = 4;`
    Value(Expr),
    /// `exit;`
    Empty,
}

/// `fn NAME(params) { ... }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// The name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Name>,
    /// Its statements.
    pub body: Body,
}

/// The block of a function, callback, task or boot, with the tokens that `replace` works on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// The statements.
    pub block: Block,
    /// The tokens between the outer braces, which are not included.
    pub tokens: Vec<Token>,
}

/// `{ ... }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The statements, in order.
    pub stmts: Vec<Stmt>,
    /// From brace to brace.
    pub span: Span,
}

/// A statement and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// From its first to its last token.
    pub span: Span,
}

/// The statements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StmtKind {
    /// `{ ... }`
    Block(Block),
    /// `if (cond) then [else otherwise]`
    If {
        /// The condition.
        cond: Expr,
        /// If it is not zero.
        then: Box<Stmt>,
        /// If it is.
        otherwise: Option<Box<Stmt>>,
    },
    /// `while (cond) body`
    While {
        /// The condition.
        cond: Expr,
        /// While it is not zero.
        body: Box<Stmt>,
    },
    /// `for (var in [reverse] list [after expr]) body`
    For {
        /// The cursor.
        var: Name,
        /// From the tail.
        reverse: bool,
        /// The list.
        list: Expr,
        /// Start at this one's neighbour.
        after: Option<Expr>,
        /// For each.
        body: Box<Stmt>,
    },
    /// `goto NAME;`
    Goto(Name),
    /// `NAME:`
    Label(Name),
    /// `break;`
    Break,
    /// `continue;`
    Continue,
    /// `return [expr];`
    Return(Option<Expr>),
    /// `atomic { ... }`
    Atomic(Block),
    /// `may S`
    May(Box<Stmt>),
    /// `step;`
    Step,
    /// `assert(expr);`
    Assert(Expr),
    /// `list<struct.link> a, b;`: list heads on the stack.
    LocalList {
        /// The struct.
        strukt: Name,
        /// Its link.
        link: Name,
        /// The lists.
        names: Vec<Name>,
    },
    /// `place = value;`
    Assign {
        /// A name, field or element.
        place: Expr,
        /// Its new value.
        value: Expr,
    },
    /// `call(...);`
    Call(Expr),
    /// What the parser could not read; never in a file without errors.
    Error,
}

/// An expression and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// From its first to its last token.
    pub span: Span,
}

/// The expressions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExprKind {
    /// An integer.
    Int(i64),
    /// `NULL`
    Null,
    /// An error's name without its minus; the value is positive, as in C.
    Errno(String),
    /// A name.
    Name(String),
    /// `struct NAME`, for `kzalloc` and `size`.
    Struct(Name),
    /// `!x`, `-x`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x.name`
    Field(Box<Expr>, Name),
    /// `x[i]`
    Index(Box<Expr>, Box<Expr>),
    /// `f(a, b)`
    Call(Box<Expr>, Vec<Expr>),
    /// `(x)`
    Paren(Box<Expr>),
    /// What the parser could not read; never in a file without errors.
    Error,
}

/// The unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "C's")]
pub enum UnaryOp {
    Not,
    Neg,
}

/// The binary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "C's")]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
    Add,
    Sub,
    Mul,
}

/// The four conditions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is the word of the language that it names")]
pub enum ConditionKind {
    Always,
    Never,
    Sometimes,
    Finally,
}

/// A count: a literal, or the name of a constant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Num {
    /// Which of the two.
    pub kind: NumKind,
    /// Its place.
    pub span: Span,
}

/// A literal or a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NumKind {
    /// A literal.
    Int(i64),
    /// A constant's name.
    Const(String),
}

/// A span of virtual time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Duration {
    /// Nanoseconds.
    pub ns: u64,
    /// Its place.
    pub span: Span,
}
