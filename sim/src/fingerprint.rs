//! Fingerprints of texts: 64-bit FNV-1a, which is a few lines and never changes.

use model::lang::lexer::lex;
use model::lang::source::FileId;
use std::fmt::Write;

/// The fingerprint of some bytes.
#[must_use]
pub fn of(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The fingerprint of what a scenario or protocol says: of its words, numbers and signs in their order, without comments and
/// whatever the space between them. So a text that was formatted or explained has the fingerprint that it had.
#[must_use]
pub fn of_model(text: &str) -> u64 {
    let mut words = String::with_capacity(text.len());
    for token in lex(text, FileId(0)).tokens {
        let _ = writeln!(words, "{}", token.kind);
    }
    of(words.as_bytes())
}

/// A fingerprint or a seed as text.
#[must_use]
pub fn hex(value: u64) -> String {
    format!("{value:#018x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_fnv_1a() {
        assert_eq!(of(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(of(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(of(b"foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(hex(255), "0x00000000000000ff");
    }

    #[test]
    fn of_a_model_only_the_words_count() {
        let model = of_model("on rfc2007;\ntask t { x = 31; }\n");
        assert_eq!(model, of_model("// Why?\non   rfc2007 ;task t\n{\tx=0x1f; /* so */ }"));
        for other in ["on rfc2007;\ntask t { x = 32; }\n", "on rfc2007;\ntask tx { = 31; }\n"] {
            assert_ne!(model, of_model(other), "{other}");
        }
        // For ever: files hold it.
        assert_eq!(of_model("on p;"), of(b"on\np\n;\n"));
    }
}
