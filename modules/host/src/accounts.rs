//! Names and numbers of users and groups.

use std::fs;

use crate::command;

/// The two kinds of account, each with its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// A user, of passwd(5).
    User,
    /// A group, of group(5).
    Group,
}

impl Account {
    /// The database's name, which is also what `getent` calls it.
    fn database(self) -> &'static str {
        match self {
            Account::User => "passwd",
            Account::Group => "group",
        }
    }

    /// The number of the account with this name. A name that is none but a number is that number.
    pub async fn number(self, name: &str) -> Option<u32> {
        match self.entry(|entry_name, _| entry_name == name, name).await {
            Some((_, number)) => Some(number),
            None => name.parse().ok(),
        }
    }

    /// The name of the account with this number.
    pub async fn name(self, number: u32) -> Option<String> {
        self.entry(|_, entry| entry == number, &number.to_string()).await.map(|(name, _)| name)
    }

    /// The first entry that fits: of the file, or else of what the host's name services know (LDAP, say), which only the
    /// host's own `getent` can ask, since a static binary can't load them.
    async fn entry(self, fits: impl Fn(&str, u32) -> bool, key: &str) -> Option<(String, u32)> {
        let file = fs::read(format!("/etc/{}", self.database())).unwrap_or_default();
        let found = |text: &str| text.lines().filter_map(parse).find(|(name, number)| fits(name, *number));
        if let Some(entry) = found(&String::from_utf8_lossy(&file)) {
            return Some(entry);
        }
        let asked = command::run("getent", &[self.database(), "--", key]).await.ok()?;
        found(&asked.stdout)
    }
}

/// Name and number of a line `name:password:number:…`.
fn parse(line: &str) -> Option<(String, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    Some((name.to_owned(), fields.nth(1)?.parse().ok()?))
}
