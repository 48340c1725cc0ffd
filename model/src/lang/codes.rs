//! The numbers of the mistakes that reading a file can find: E001 to E099.
//!
//! A number is never given to another kind of mistake, also after its own has gone.

use super::diagnostic::Code;

/// A token that cannot stand where it stands.
pub const UNEXPECTED_TOKEN: Code = Code(1);
/// A statement, declaration or line without its `;`.
pub const MISSING_SEMICOLON: Code = Code(2);
/// A `{` without its `}`.
pub const MISSING_BRACE: Code = Code(3);
/// A `(` or `[` without its partner.
pub const MISSING_BRACKET: Code = Code(4);
/// A `}` that closes nothing.
pub const UNBALANCED_BRACE: Code = Code(5);
/// A character that the language does not use.
pub const BAD_CHARACTER: Code = Code(6);
/// An operator of C that the language does not have.
pub const NO_SUCH_OPERATOR: Code = Code(7);
/// A `/*` without its `*/`.
pub const UNTERMINATED_COMMENT: Code = Code(8);
/// A number above 2^30 - 1.
pub const INTEGER_TOO_LARGE: Code = Code(9);
/// Digits and letters that are no number.
pub const BAD_NUMBER: Code = Code(10);
/// A duration without a unit, or beyond what virtual time can hold.
pub const BAD_DURATION: Code = Code(11);
/// A text of more than 1 MiB.
pub const FILE_TOO_LARGE: Code = Code(12);
/// Blocks or expressions nested beyond 100 levels.
pub const NESTED_TOO_DEEPLY: Code = Code(13);
/// A file without a single token.
pub const EMPTY_FILE: Code = Code(14);
/// A scenario that asks nothing.
pub const NO_ON_LINE: Code = Code(15);
/// An `on` or `for` line below the first item.
pub const ON_AFTER_ITEMS: Code = Code(16);
/// The same `on` or `for` line twice.
pub const ASKED_TWICE: Code = Code(17);
/// A finding named twice in one `breaks`.
pub const DUPLICATE_BREAKS: Code = Code(18);
/// A range whose end lies before its beginning.
pub const EMPTY_RANGE: Code = Code(19);
/// A word where an item should begin.
pub const NOT_AN_ITEM: Code = Code(20);
/// Something that is no statement.
pub const NOT_A_STATEMENT: Code = Code(21);
/// A declaration inside a function.
pub const DECLARATION_IN_FUNCTION: Code = Code(22);
/// A statement of C that the language does not have.
pub const NO_SUCH_STATEMENT: Code = Code(23);
/// An `else` that belongs to no `if`.
pub const ELSE_WITHOUT_IF: Code = Code(24);
/// A label where a statement is needed.
pub const LABEL_AS_BODY: Code = Code(25);
/// An assignment to something that holds nothing.
pub const NOT_A_PLACE: Code = Code(26);
/// Something else where an expression should begin.
pub const EXPECTED_EXPRESSION: Code = Code(27);
/// `NULL`, an error or a type of the language declared as a name.
pub const RESERVED_NAME: Code = Code(28);
/// Braces behind a field of a struct.
pub const BRACES_IN_STRUCT: Code = Code(29);
/// A `protocol` line or item where none may stand.
pub const MISPLACED_PROTOCOL: Code = Code(30);
/// A type that is neither the language's nor a declared struct.
pub const UNKNOWN_TYPE: Code = Code(31);
/// A `replace` whose first braces are empty.
pub const REPLACE_NOTHING: Code = Code(32);
/// A `replace` in something that does not exist.
pub const REPLACE_UNKNOWN_TARGET: Code = Code(33);
/// A `replace` whose tokens do not occur.
pub const REPLACE_NO_MATCH: Code = Code(34);
/// A `replace` whose tokens occur more than once.
pub const REPLACE_SEVERAL_MATCHES: Code = Code(35);
/// A protocol that is found nowhere.
pub const UNKNOWN_PROTOCOL: Code = Code(36);
/// Protocols that differ from each other in a circle.
pub const CYCLIC_IS: Code = Code(37);
/// A file whose name is not that of its `protocol` line.
pub const NAME_MISMATCH: Code = Code(38);
/// A scenario where a protocol is needed, or the other way round.
pub const WRONG_KIND_OF_FILE: Code = Code(39);
/// A function or task declared twice in one file, or a protocol twice in one scenario.
pub const DECLARED_TWICE: Code = Code(40);
/// A scenario's function with the name of a protocol's.
pub const PROTOCOL_FUNCTION_REDEFINED: Code = Code(41);
/// A `replace` in a scenario that stands in no difference.
pub const REPLACE_OUTSIDE_DIFFERENCE: Code = Code(42);

#[cfg(test)]
mod tests {
    use alloc::format;

    /// A kind of mistake that no test makes is one that no user has seen explained.
    #[test]
    fn every_number_is_given_once_and_shown_by_a_test() {
        let tests =
            [include_str!("lexer/tests.rs"), include_str!("parser/tests.rs"), include_str!("load/tests.rs")];
        let table = include_str!("codes.rs").split("#[cfg(test)]").next().unwrap_or("");
        for number in 1..=table.matches("pub const").count() {
            let once = table.matches(&format!("= Code({number});")).count();
            assert_eq!(once, 1, "E{number:03} in the table");
            let shown = tests.iter().any(|test| test.contains(&format!("E{number:03} ")));
            assert!(shown, "E{number:03} in the tests");
        }
    }
}
