//! `docker_secret`: secrets of a swarm.

use ansible::{Call, Failure, Module, Outcome};
use docker::ContentKind;

use crate::content;

pub const MODULE: Module = ansible::module!(docker_secret, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    content::run(&call, ContentKind::Secret).await
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    use super::*;

    #[test]
    fn sidecar_and_options_agree() {
        agree(MODULE.spec, &[reads::<content::Options>(), reads::<docker::Connection>()]).unwrap();
    }

    #[test]
    fn cases() {
        content::golden(&MODULE, ContentKind::Secret);
    }
}
