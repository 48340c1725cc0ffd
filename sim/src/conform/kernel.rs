//! Which era a kernel is: the one place where that is said. `model/README.md` shows the same table.

/// From a version on, until the next row: a protocol.
pub struct Era {
    /// The first version of it.
    pub since: [u32; 3],
    /// The protocol.
    pub protocol: &'static str,
}

const fn era(since: [u32; 3], protocol: &'static str) -> Era {
    Era { since, protocol }
}

/// The eras, oldest first.
pub const ERAS: [Era; 8] = [
    era([2, 6, 24], "linux-2.6.24"),
    era([2, 6, 26], "linux-2.6.26"),
    era([2, 6, 33], "linux-2.6.33"),
    era([4, 17, 0], "linux-4.17"),
    era([5, 3, 0], "linux-5.3"),
    era([6, 9, 0], "linux-6.9"),
    era([6, 16, 0], "linux-6.16"),
    era([6, 18, 0], "linux-7"),
];

/// The era that took over `exit_batch_rtnl` from a later one in its stable series.
pub const BACKPORT: Era = era([6, 1, 0], "linux-6.1");
/// The era that it belongs to.
const BACKPORT_OF: &str = "linux-5.3";

/// An era, and why it was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chosen {
    /// The protocol's name.
    pub protocol: String,
    /// One phrase.
    pub why: String,
}

impl Chosen {
    /// The era of a kernel, by its version and by whether `exit_batch_rtnl` was seen to be called. `None`: the text begins
    /// with no version, or with one before the first era.
    #[must_use]
    pub fn of(kernel: &str, batch_rtnl: bool) -> Option<Self> {
        let version = version(kernel)?;
        let at = ERAS.iter().rposition(|era| era.since <= version)?;
        let (era, next) = (&ERAS[at], ERAS.get(at + 1));
        let shown = if version[0] == 2 { dotted(&version) } else { dotted(&version[..2]) };
        let chosen = |protocol: &str, why: String| Some(Self { protocol: protocol.to_string(), why });
        if era.protocol == BACKPORT_OF {
            if version[..2] == BACKPORT.since[..2] {
                let why = format!("{shown} is {BACKPORT_OF} with exit_batch_rtnl of a later kernel");
                return chosen(BACKPORT.protocol, why);
            }
            if batch_rtnl {
                let why =
                    format!("{shown} is {BACKPORT_OF}, and exit_batch_rtnl of a later kernel was called");
                return chosen(BACKPORT.protocol, why);
            }
        }
        let since = dotted(&era.since);
        let until = next.map_or("on".to_string(), |next| format!("until before {}", dotted(&next.since)));
        chosen(era.protocol, format!("{shown} is of the era from {since} {until}"))
    }

    /// The one that was asked for.
    #[must_use]
    pub fn given(protocol: &str) -> Self {
        Self { protocol: protocol.to_string(), why: "asked for with --protocol".to_string() }
    }
}

/// `6.1.0-56-cloud-amd64, ...`: the numbers at its beginning, two at least.
fn version(kernel: &str) -> Option<[u32; 3]> {
    let text = kernel.strip_prefix("Linux ").unwrap_or(kernel).trim_start_matches('v');
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    let mut version = [0; 3];
    let mut given = 0;
    for (number, slot) in numbers.split('.').filter(|part| !part.is_empty()).zip(&mut version) {
        *slot = number.parse().ok()?;
        given += 1;
    }
    (given >= 2).then_some(version)
}

/// `5.3`, `2.6.24`: a last 0 is left out.
#[must_use]
pub fn dotted(version: &[u32]) -> String {
    let keep = if version.len() == 3 && version[2] == 0 { 2 } else { version.len() };
    let numbers: Vec<_> = version[..keep].iter().map(u32::to_string).collect();
    numbers.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_in_an_era() {
        for (kernel, protocol) in [
            ("2.6.24", "linux-2.6.24"),
            ("2.6.32-5-amd64", "linux-2.6.26"),
            ("3.10.0-1160.el7", "linux-2.6.33"),
            ("4.16.18", "linux-2.6.33"),
            ("v4.17-rc1", "linux-4.17"),
            ("4.19.0-27-amd64, Debian 4.19.316-1", "linux-4.17"),
            ("Linux 5.10.0-32-cloud-amd64", "linux-5.3"),
            ("5.15.1", "linux-5.3"),
            ("6.1.0-56-cloud-amd64", "linux-6.1"),
            ("6.8", "linux-5.3"),
            ("6.12.9", "linux-6.9"),
            ("6.17.0", "linux-6.16"),
            ("6.18.1", "linux-7"),
            ("7.3.4+deb13-cloud-amd64", "linux-7"),
        ] {
            assert_eq!(Chosen::of(kernel, false).map(|chosen| chosen.protocol).as_deref(), Some(protocol));
        }
        for kernel in ["", "2.6.23", "Debian 12", "6", "99999999999.1"] {
            assert_eq!(Chosen::of(kernel, false), None, "{kernel}");
        }
    }

    #[test]
    fn what_was_called_tells_a_backport() {
        assert_eq!(Chosen::of("6.6.31", false).unwrap().protocol, "linux-5.3");
        assert_eq!(Chosen::of("6.6.31", true).unwrap().protocol, "linux-6.1");
        assert_eq!(Chosen::of("6.12.1", true).unwrap().protocol, "linux-6.9");
    }
}
