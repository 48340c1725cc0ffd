//! What is fuzzed: a protocol, its texts, and what it offers.

use super::draw::draw;
use super::offers::Offers;
use super::stream::{Choices, Stream};
use super::world::World;
use crate::library::{Layered, ShippedLibrary, Texts};
use crate::question::{Question, Rejected, Scenario, Values, stem};
use model::lang::load::Library;

/// The name under which reports show a drawn world.
pub const FILE: &str = "drawn.pernet";

/// A protocol that worlds can be drawn for.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Its name.
    pub name: String,
    /// Values of its constants.
    pub values: Values,
    /// Its text, and those that it is a difference from.
    pub texts: Texts,
    /// What it offers.
    pub offers: Offers,
}

/// A world, with what it was drawn from and what it is as a scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// What it was drawn from.
    pub choices: Choices,
    /// The world.
    pub world: World,
    /// The scenario.
    pub text: String,
}

impl Protocol {
    /// Finds a protocol.
    ///
    /// # Errors
    /// If it, or a text under it, cannot be used.
    pub fn find(name: &str, values: &Values, library: &dyn Library) -> Result<Self, Rejected> {
        let scenario = Scenario::read(FILE, &format!("on {name};\n"))?;
        let question = Question { protocol: name.to_string(), breaks: Vec::new(), params: values.clone() };
        let loaded = scenario.load(&question, library)?;
        let texts = loaded.sources().files().iter().skip(1);
        Ok(Self {
            name: name.to_string(),
            values: values.clone(),
            texts: Texts { files: texts.map(|file| (file.name.clone(), file.text.clone())).collect() },
            offers: Offers::of(&loaded.unit().protocol),
        })
    }

    /// A protocol that is given as a text; what it is a difference from is shipped. Its name is that of the file.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn of_text(file: &str, text: &str) -> Result<Self, Rejected> {
        let given = Texts { files: vec![(file.to_string(), text.to_string())] };
        Self::find(stem(file), &Values::new(), &Layered(given, ShippedLibrary))
    }

    /// World `world` of a seed.
    #[must_use]
    pub fn world(&self, seed: u64, world: u64) -> Drawn {
        self.draw(Stream::of_seed(seed, world))
    }

    /// The world of given choices.
    #[must_use]
    pub fn drawn(&self, choices: Vec<u8>) -> Drawn {
        self.draw(Stream::given(choices))
    }

    fn draw(&self, mut stream: Stream) -> Drawn {
        let world = draw(&self.name, &self.offers, &mut stream);
        let text = world.text(&self.offers);
        Drawn { choices: stream.finish(), world, text }
    }
}
