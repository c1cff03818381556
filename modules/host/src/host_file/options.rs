//! The options of `host_file`, and what they mean together.

use ansible::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::edit::Place;
use super::edit::block::Block;
use super::edit::line::{Line, NoLine, Search};
use super::edit::pattern::Pattern;
use super::mode::Wish;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub path: String,
    pub state: Option<State>,
    pub content: Option<String>,
    pub content_base64: Option<String>,
    pub src: Option<String>,
    pub remote_src: bool,
    pub template: Option<String>,
    pub force: Option<bool>,
    pub follow: Option<bool>,
    pub recurse: bool,
    pub mode: Option<Wish>,
    pub owner: Option<String>,
    pub group: Option<String>,
    pub backup: bool,
    pub validate: Option<String>,
    pub unsafe_writes: bool,
    pub create: bool,
    pub access_time: Option<Time>,
    pub modification_time: Option<Time>,
    pub line: Option<String>,
    pub regexp: Option<String>,
    pub search_string: Option<String>,
    pub insertafter: Option<String>,
    pub insertbefore: Option<String>,
    pub backrefs: bool,
    pub firstmatch: bool,
    pub block: Option<String>,
    pub marker: Option<String>,
    pub marker_begin: Option<String>,
    pub marker_end: Option<String>,
    pub prepend_newline: bool,
    pub append_newline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Directory,
    File,
    Hard,
    Link,
    Present,
    Touch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Time {
    Now,
    Preserve,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Want {
    /// That what is there has these attributes.
    Attributes,
    /// A file with this content.
    Content(Vec<u8>),
    /// A file with the content of another one of the host.
    CopyOf(String),
    Directory,
    Link {
        to: String,
    },
    HardLink {
        to: String,
    },
    Touch,
    Absent,
    Line(Line),
    NoLine(NoLine),
    Block(Block),
}

impl Want {
    /// Whether a link at the path stands for what it leads to, when `follow` does not say it: as the modules of Ansible
    /// have it whose place this one takes.
    pub fn follows(&self) -> bool {
        match self {
            Want::Attributes | Want::Directory | Want::Touch | Want::Line(_) | Want::NoLine(_) | Want::Block(_) => true,
            Want::Content(_) | Want::CopyOf(_) | Want::Link { .. } | Want::HardLink { .. } | Want::Absent => false,
        }
    }
}

impl Options {
    /// What the options ask for.
    ///
    /// # Errors
    /// They don't go together.
    pub fn want(&self) -> Result<Want, Failure> {
        let lines = self.line.is_some() || self.regexp.is_some() || self.search_string.is_some();
        let blocks = self.block.is_some() || self.marker.is_some();
        let content = self.content()?;
        if self.recurse && self.state.is_some_and(|state| state != State::Directory) {
            return Err(Failure::new("recurse option requires state to be 'directory'"));
        }
        match (self.state, content) {
            (Some(State::Absent), _) if lines => self.no_line().map(Want::NoLine),
            (Some(State::Absent), _) if blocks => self.some_block(String::new()).map(Want::Block),
            (Some(State::Absent), _) => Ok(Want::Absent),
            (None | Some(State::Present), _) if lines => self.some_line().map(Want::Line),
            (None | Some(State::Present), _) if blocks => {
                self.some_block(self.block.clone().unwrap_or_default()).map(Want::Block)
            }
            (None | Some(State::Present | State::File), Some(want)) => Ok(want),
            (Some(State::Present), None) => Err(Failure::new(
                "state=present needs one of `content`, `src`, `template`, `line` or `block`; for a folder say state=directory",
            )),
            (Some(state), _) if lines || blocks => Err(Failure::new(format!(
                "`state`: {state:?} does not go with `line` and `block`; say present or absent"
            ))),
            (Some(State::Link), _) => Ok(Want::Link { to: self.target("link")? }),
            (Some(State::Hard), _) => Ok(Want::HardLink { to: self.target("hard")? }),
            (Some(state), Some(_)) => {
                Err(Failure::new(format!("`content` goes with state=file or present, not with {state:?}")))
            }
            (Some(State::Directory), None) => Ok(Want::Directory),
            (None, None) if self.recurse => Ok(Want::Directory),
            (Some(State::Touch), None) => Ok(Want::Touch),
            (None | Some(State::File), None) => Ok(Want::Attributes),
        }
    }

    /// The content that is given, in one of its forms.
    fn content(&self) -> Result<Option<Want>, Failure> {
        let linked = matches!(self.state, Some(State::Link | State::Hard));
        match (&self.content, &self.content_base64, &self.src, &self.template) {
            (Some(text), _, _, _) => Ok(Some(Want::Content(text.clone().into_bytes()))),
            (None, Some(text), _, _) => match STANDARD.decode(text.split_whitespace().collect::<String>()) {
                Ok(bytes) => Ok(Some(Want::Content(bytes))),
                Err(error) => Err(Failure::new(format!("`content_base64`: this is no Base64: {error}"))),
            },
            (None, None, Some(src), _) if !linked && self.remote_src => Ok(Some(Want::CopyOf(src.clone()))),
            (None, None, Some(_), _) if linked => Ok(None),
            (None, None, None, None) => Ok(None),
            (None, None, _, _) => Err(Failure::new(
                "`src` and `template` are files of the controller, which reads them: this call did not come from it. \
                 Give `content`, or with remote_src=true a file of this host",
            )),
        }
    }

    fn target(&self, state: &str) -> Result<String, Failure> {
        let target = self.src.clone().filter(|src| !src.is_empty());
        target.ok_or_else(|| Failure::new(format!("src is required for creating {state} links; give `src`")))
    }

    fn some_line(&self) -> Result<Line, Failure> {
        let line = self.line.clone().ok_or_else(|| Failure::new("line is required with state=present"))?;
        if self.backrefs && self.regexp.is_none() {
            return Err(Failure::new("regexp is required with backrefs=true"));
        }
        Ok(Line { line, search: self.search()?, backrefs: self.backrefs, first: self.firstmatch, place: self.place()? })
    }

    fn no_line(&self) -> Result<NoLine, Failure> {
        Ok(NoLine { line: self.line.clone().unwrap_or_default(), search: self.search()? })
    }

    fn search(&self) -> Result<Search, Failure> {
        Ok(match (&self.regexp, &self.search_string) {
            // Ansible warns of an empty one; it would fit every line.
            (Some(regexp), _) => Search::Pattern(pattern("regexp", regexp)?),
            (None, Some(text)) => Search::Text(text.clone()),
            (None, None) => Search::Same,
        })
    }

    fn some_block(&self, block: String) -> Result<Block, Failure> {
        let marker = self.marker.as_deref().unwrap_or("# {mark} ANSIBLE MANAGED BLOCK");
        let mark = |text: &Option<String>, usual: &str| marker.replace("{mark}", text.as_deref().unwrap_or(usual));
        Ok(Block {
            block,
            begin: mark(&self.marker_begin, "BEGIN"),
            end: mark(&self.marker_end, "END"),
            place: self.place()?,
            blank_before: self.prepend_newline,
            blank_after: self.append_newline,
        })
    }

    fn place(&self) -> Result<Place, Failure> {
        Ok(match (self.insertafter.as_deref(), self.insertbefore.as_deref()) {
            (Some("BOF"), _) | (None, Some("BOF")) => Place::Begin,
            (None, None) | (Some("EOF"), _) | (None, Some("EOF")) => Place::End,
            (Some(text), _) => Place::After(pattern("insertafter", text)?),
            (None, Some(text)) => Place::Before(pattern("insertbefore", text)?),
        })
    }
}

fn pattern(option: &str, text: &str) -> Result<Pattern, Failure> {
    Pattern::new(text).map_err(|why| Failure::new(format!("`{option}`: {why}")))
}
