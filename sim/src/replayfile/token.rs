//! A recorded run as one word, to be pasted into a bug report or a commit message.
//!
//! `p2:`, and then in base64url: the number of packed bytes, in two; their checksum, in four; and the bytes, which unpack
//! (raw deflate) to a replay file of version 2 that leaves out what a small run can do without. Of the states the last one is
//! in it; of shipped protocols name and fingerprint, so that their texts have to be those that they were.

use super::read::{Most, read};
use super::{Recording, Text, write};
use crate::codes;
use crate::fingerprint::{self, hex};
use crate::library;
use crate::origin::Origin;
use crate::question::Rejected;
use data_encoding::{BASE64URL_NOPAD, DecodeError, DecodeKind};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use model::lang::diagnostic::{Code, Diagnostic};

/// How a token begins. A new meaning of what follows is a new beginning.
pub const TOKEN: &str = "p2:";

/// A longer token is none: one does not paste a page.
const MOST_CHARACTERS: usize = 2_000;
/// No token unpacks to more bytes.
const MOST_BYTES: usize = 1 << 20;
/// No token has a schedule of more picks, or of more steps.
const MOST_PICKS: usize = 1_000_000;
/// Packed as well as it can be: it is done once, and little.
const LEVEL: u8 = 10;
/// Bytes before the packed ones.
const HEAD: usize = 6;

/// A run that does not fit into a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong {
    /// So many characters it would have.
    pub characters: usize,
}

impl Recording {
    /// The token of the run.
    ///
    /// # Errors
    /// If it would be too long; then only the file will do.
    pub fn token(&self) -> Result<String, TooLong> {
        let packed = compress_to_vec(self.brief().packed_text().as_bytes(), LEVEL);
        let characters = TOKEN.len() + BASE64URL_NOPAD.encode_len(HEAD + packed.len());
        let length = u16::try_from(packed.len()).ok().filter(|_| characters <= MOST_CHARACTERS);
        let Some(length) = length else { return Err(TooLong { characters }) };
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(checksum(&packed));
        bytes.extend(packed);
        Ok(format!("{TOKEN}{}", BASE64URL_NOPAD.encode(&bytes)))
    }

    /// Reads a token. Space in it is passed over, so it may have been broken into lines.
    ///
    /// # Errors
    /// If it was not copied whole, has a slip in it, or is of another version.
    pub fn from_token(token: &str) -> Result<Self, Rejected> {
        let token: String = token.split_ascii_whitespace().collect();
        let text = unpack(&token).map_err(Rejected::new)?;
        let recording = read("token", &text, Most { picks: MOST_PICKS })?;
        if recording.steps > MOST_PICKS as u64 {
            return Err(Rejected::new(huge()));
        }
        Ok(recording.brief())
    }

    /// What a token holds of the run.
    fn brief(&self) -> Self {
        let brief = |text: &Text| {
            let shipped = is_shipped_protocol(text);
            let model = match text.model {
                // It is here, so it is what it was.
                Some(_) if !shipped && !text.is_changed() => None,
                None if shipped => Some(fingerprint::of_model(&text.text)),
                model => model,
            };
            Text { model, ..text.clone() }
        };
        Self {
            origin: Origin::Unknown,
            marks: self.marks.last().copied().into_iter().collect(),
            checks: Vec::new(),
            texts: self.texts.iter().map(brief).collect(),
            ..self.clone()
        }
    }

    /// The text of the file, with shipped protocols by name.
    fn packed_text(&self) -> String {
        let mut out = self.head();
        for mark in &self.marks {
            out.push_str(&write::state(mark, &[]));
        }
        for text in &self.texts {
            match text.model {
                Some(model) if is_shipped_protocol(text) => {
                    out.push_str(&format!("shipped {} {}\n", text.name, hex(model)));
                }
                model => out.push_str(&write::whole(text, model)),
            }
        }
        out.push_str("end\n");
        out
    }
}

fn is_shipped_protocol(text: &Text) -> bool {
    text.name.starts_with("protocols/") && library::is_shipped(&text.name, &text.text)
}

/// Tells a slip, and never lets a wrong token pass for a right one but one time in four thousand million.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, e, f, g, h] = fingerprint::of(bytes).to_le_bytes();
    [a ^ e, b ^ f, c ^ g, d ^ h]
}

fn unpack(token: &str) -> Result<String, Diagnostic> {
    let Some(word) = token.strip_prefix(TOKEN) else {
        let version: String = token.chars().take_while(|&c| c != ':').take(20).collect();
        let message = format!("this program does not know tokens of version `{version}`");
        let help = format!("it knows `{TOKEN}`; a newer program wrote the token, and reads it");
        return Err(wrong(codes::UNKNOWN_TOKEN, message, &help));
    };
    let bytes = BASE64URL_NOPAD.decode(word.as_bytes()).map_err(|error| undecoded(word, error))?;
    let Some((head, packed)) = bytes.split_at_checked(HEAD) else { return Err(truncated()) };
    let length = usize::from(u16::from_le_bytes([head[0], head[1]]));
    if packed.len() < length {
        return Err(truncated());
    }
    if packed.len() > length || head[2..] != checksum(packed) {
        let message = "the token has a slip in it: its checksum does not fit".to_string();
        return Err(wrong(codes::TOKEN_DAMAGED, message, "copy it again, all of it and no more"));
    }
    let text = decompress_to_vec_with_limit(packed, MOST_BYTES).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => huge(),
        _ => unreadable(),
    })?;
    String::from_utf8(text).map_err(|_| unreadable())
}

fn undecoded(word: &str, error: DecodeError) -> Diagnostic {
    match error.kind {
        // So many characters come of no bytes, and the bits behind the last byte are none that are written.
        DecodeKind::Length | DecodeKind::Trailing => truncated(),
        DecodeKind::Symbol | DecodeKind::Padding => {
            let found = word.get(error.position..).and_then(|rest| rest.chars().next());
            let found =
                found.map_or_else(|| "a character".to_string(), |c| format!("`{}`", c.escape_default()));
            let message = format!("the token has a slip in it: no token has {found}");
            wrong(codes::TOKEN_DAMAGED, message, "copy it again; it has letters, digits, `-` and `_`")
        }
    }
}

fn truncated() -> Diagnostic {
    let message = "the token was not copied whole".to_string();
    wrong(codes::TOKEN_TRUNCATED, message, "copy it again, to its last character")
}

/// What a checksum fits and no program writes.
fn unreadable() -> Diagnostic {
    let message = "the token cannot be unpacked".to_string();
    wrong(codes::TOKEN_DAMAGED, message, "ask for the replay file; whoever wrote the token has it")
}

fn huge() -> Diagnostic {
    let message = "the token unpacks to more than any run that fits into one".to_string();
    wrong(codes::TOKEN_HUGE, message, "ask for the replay file")
}

fn wrong(code: Code, message: String, help: &str) -> Diagnostic {
    Diagnostic::without_place(code, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pick::Pick;
    use crate::schedule::Schedule;
    use crate::trace::Mark;

    fn recording(scenario: &str) -> Recording {
        let (name, text) = library::protocols().remove(0);
        Recording {
            tool: Some("0.1.0".to_string()),
            scenario: "x.pernet".to_string(),
            protocol: "p".to_string(),
            finding: Some("paired".to_string()),
            steps: 2,
            schedule: Schedule(vec![Pick::Task(1)]),
            marks: vec![
                Mark { steps: 0, picks: Some(0), fingerprint: 1 },
                Mark { steps: 2, picks: Some(1), fingerprint: 2 },
            ],
            checks: vec![7, 9],
            origin: Origin::Search,
            texts: vec![Text::new("x.pernet", scenario), Text::new(&name, text)],
            ..Recording::default()
        }
    }

    #[track_caller]
    fn refused(token: &str) -> Code {
        Recording::from_token(token).unwrap_err().diagnostics[0].code
    }

    /// Packed and framed as a token is, whatever it may be.
    fn framed(bytes: &[u8]) -> String {
        let packed = compress_to_vec(bytes, LEVEL);
        let length = u16::try_from(packed.len()).unwrap().to_le_bytes();
        format!("{TOKEN}{}", BASE64URL_NOPAD.encode(&[&length[..], &checksum(&packed), &packed].concat()))
    }

    #[test]
    fn a_token_holds_the_run() {
        let whole = recording("on p;\ntask t { step; }\n");
        let token = whole.token().unwrap();
        let read = Recording::from_token(&token).unwrap();
        assert_eq!((&read.schedule, &read.finding, read.steps), (&whole.schedule, &whole.finding, 2));
        assert_eq!(read.marks, whole.marks[1..]);
        assert_eq!(read.texts[1], whole.texts[1], "a shipped text is found again");
        assert_eq!(read.token().as_deref(), Ok(&*token));
        // A mail program breaks lines.
        let broken =
            token.as_bytes().chunks(60).map(|part| str::from_utf8(part).unwrap()).collect::<Vec<_>>();
        assert_eq!(Recording::from_token(&broken.join("\n > ").replace('>', "")), Ok(read));
    }

    #[test]
    fn a_text_that_is_no_longer_shipped_as_it_was_is_changed() {
        let mut whole = recording("on p;\n");
        whole.texts[1].model = Some(0);
        let read = Recording::from_token(&whole.token().unwrap()).unwrap();
        assert_eq!(read.changed(), [whole.texts[1].name.as_str()]);
    }

    #[test]
    fn every_beginning_and_every_slip_is_refused() {
        let token = recording("on p;\ntask t { step; }\n").token().unwrap();
        for end in TOKEN.len()..token.len() {
            assert_eq!(refused(&token[..end]), codes::TOKEN_TRUNCATED, "{end}");
        }
        let mut slips = 0;
        for at in TOKEN.len()..token.len() {
            for other in "AZaz09-_+=é".chars().filter(|&c| !token[at..].starts_with(c)) {
                let slip = format!("{}{other}{}", &token[..at], &token[at + 1..]);
                let code = refused(&slip);
                assert!([codes::TOKEN_TRUNCATED, codes::TOKEN_DAMAGED].contains(&code), "{code} for {slip}");
                slips += usize::from(code == codes::TOKEN_DAMAGED);
            }
        }
        assert!(slips > 9 * token.len(), "{slips}");
        assert_eq!(refused(&format!("{token}AAAA")), codes::TOKEN_DAMAGED);
        assert_eq!(refused("p3:AAAA"), codes::UNKNOWN_TOKEN);
        assert_eq!(refused(""), codes::UNKNOWN_TOKEN);
    }

    #[test]
    fn a_long_run_has_none() {
        let noise: String =
            (0..4_000).map(|at: u32| format!("{:x}", at.wrapping_mul(2_654_435_761))).collect();
        assert!(recording(&noise).token().is_err_and(|long| long.characters > MOST_CHARACTERS));
    }

    #[test]
    fn what_unpacks_without_end_is_refused() {
        assert_eq!(refused(&framed(&vec![b'\n'; MOST_BYTES + 1])), codes::TOKEN_HUGE);
        assert_eq!(refused(&framed(&[0xff, 0xfe])), codes::TOKEN_DAMAGED);
        assert_eq!(refused(&framed(b"no replay file\n")), codes::NOT_A_REPLAY);
        let text = recording("on p;\n").brief().packed_text();
        let picks = text.replace("schedule v1 1", "schedule v1 1*1000001");
        assert_eq!(refused(&framed(picks.as_bytes())), codes::TOKEN_TOO_LONG);
        let steps = text.replace("steps 2", "steps 1000001");
        assert_eq!(refused(&framed(steps.as_bytes())), codes::TOKEN_HUGE);
    }
}
