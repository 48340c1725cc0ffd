//! Scripts for a probe, drawn from a seed: registrations, namespaces, gates and commands in the background.

use sim::rng::Words;

/// Draws one script.
pub struct Drawn {
    words: Words,
    lines: Vec<String>,
    /// Registered, and not unregistered yet.
    ops: Vec<String>,
    /// Created, and not removed yet.
    nets: Vec<String>,
    /// How many names were given.
    named: usize,
    /// The callbacks that may be left out or asked for.
    letters: &'static str,
}

impl Drawn {
    /// The script with a number, for a kernel whose callbacks have these letters.
    pub fn script(number: u64, letters: &'static str) -> Vec<String> {
        let mut words = Words::new(0xc0f0);
        words.stream(number);
        let mut drawn =
            Self { words, lines: Vec::new(), ops: Vec::new(), nets: Vec::new(), named: 0, letters };
        for _ in 0..4 + drawn.below(6) {
            drawn.command();
        }
        if drawn.below(4) == 0 {
            drawn.lines.push("rmmod".to_string());
        }
        drawn.lines
    }

    fn below(&mut self, most: u64) -> u64 {
        self.words.below(most)
    }

    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn name(&mut self, stem: char) -> String {
        self.named += 1;
        format!("{stem}{}", self.named)
    }

    fn one_of(&mut self, names: fn(&mut Self) -> &mut Vec<String>) -> Option<String> {
        let most = names(self).len() as u64;
        let at = usize::try_from(self.below(most.max(1))).unwrap_or(0);
        (most > 0).then(|| names(self).remove(at))
    }

    fn command(&mut self) {
        match self.below(14) {
            0..=3 => {
                let (name, line) = self.register("");
                self.say(line);
                self.ops.extend(name);
            }
            4 => {
                if let Some(name) = self.one_of(|drawn| &mut drawn.ops) {
                    self.say(format!("unregister {name}"));
                }
            }
            5..=7 => {
                let name = self.name('N');
                self.say(format!("mknet {name}"));
                self.nets.push(name);
            }
            8 => {
                if let Some(name) = self.one_of(|drawn| &mut drawn.nets) {
                    self.say(format!("rmnet {name}"));
                }
            }
            9 => {
                for _ in 0..2 {
                    if let Some(name) = self.one_of(|drawn| &mut drawn.nets) {
                        self.say(format!("rmnet_async {name}"));
                    }
                }
                let line = ["settle", "nets", "order"][usize::try_from(self.below(3)).unwrap_or(0)];
                self.say(line);
            }
            10 => self.say("order"),
            11 => self.background(),
            12 => self.gate(),
            _ => self.say("nets"),
        }
    }

    /// A registration; its name, if it is sure to succeed.
    fn register(&mut self, more: &str) -> (Option<String>, String) {
        let name = self.name('O');
        let kind = if self.below(2) == 0 { "subsys" } else { "device" };
        let mut line = format!("register {kind} {name}{more}");
        if self.below(3) == 0 {
            let mut letters = String::new();
            for letter in self.letters.chars() {
                if self.below(3) > 0 {
                    letters.push(letter);
                }
            }
            line += &format!(" cb={}", if letters.is_empty() { "-" } else { &letters });
        }
        if self.below(4) == 0 {
            line += " size=8";
        }
        let fails = match self.below(6) {
            0 => format!(" fail={}", 1 + self.below(4)),
            1 => format!(" failnet={}", self.below(4)),
            _ => String::new(),
        };
        line += &fails;
        if !fails.is_empty() && self.below(2) == 0 {
            line += " err=-17";
        }
        (fails.is_empty().then_some(name), line)
    }

    fn background(&mut self) {
        let task = self.name('t');
        let (name, line) = self.register("");
        let maker = self.name('N');
        self.say(format!("mknet_bg {maker}"));
        self.say(format!("bg {task} {line}"));
        if self.below(2) == 0 {
            self.say("nets");
        }
        self.say(format!("wait {task}"));
        self.say(format!("wait {maker}"));
        self.ops.extend(name);
    }

    fn gate(&mut self) {
        // It stops at its first call, whoever that is.
        let letter = ["i", "e"][usize::try_from(self.below(2)).unwrap_or(0)];
        let gate = format!(" gate={letter}");
        let (task, maker) = (self.name('t'), self.name('N'));
        let (name, line) = self.register(&gate);
        let gated = line.split_whitespace().nth(2).unwrap_or_default().to_string();
        if letter == "i" {
            self.say(format!("bg {task} {line}"));
        } else {
            self.say(line);
            if name.is_none() {
                return;
            }
            self.say(format!("bg {task} unregister {gated}"));
        }
        self.say(format!("mknet_bg {maker}"));
        self.say(format!("release {gated}"));
        self.say(format!("wait {task}"));
        self.say(format!("wait {maker}"));
        if letter == "i" {
            self.ops.extend(name);
        }
    }
}
