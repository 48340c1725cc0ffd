//! Worlds as a strategy of `proptest`: the same worlds, drawn from choices that `proptest` gives and makes fewer.

use super::protocol::{Drawn, Protocol};
use super::stream::MOST;
use proptest::collection::vec;
use proptest::strategy::Strategy;

/// Choices of a world: enough for any, and few enough for small ones to be among them.
const CHOICES: std::ops::Range<usize> = 24..240;

/// Worlds for a protocol.
pub fn worlds(protocol: &Protocol) -> impl Strategy<Value = Drawn> + use<> {
    let protocol = protocol.clone();
    vec(0..MOST, CHOICES).prop_map(move |choices| protocol.drawn(choices))
}
