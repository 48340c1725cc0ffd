//! Fingerprints of texts: 64-bit FNV-1a, which is a few lines and never changes.

/// The fingerprint of some bytes.
#[must_use]
pub fn of(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
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
}
