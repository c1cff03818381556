//! Docker's command line with its buildx plug-in: the way to BuildKit, for what the engine's own builder can't do.
//!
//! Source: `docker buildx build --help`.

use std::path::PathBuf;

use ansible::{Failure, Secret};
use docker::build::Build;

use super::options::{BuildSecret, Options, Output};

/// The words after `docker`, and the secrets that go by the environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    pub words: Vec<String>,
    pub environment: Vec<(String, Secret)>,
}

/// Refuses what the plug-in can't do, in the peer's words where it has some.
pub fn check(options: &Options, build: &Build, version: Option<&str>, reason: &str) -> Result<(), Failure> {
    let Some(version) = version else {
        return Err(Failure::new(format!(
            "{reason} needs BuildKit, which is reached by Docker's command line and its buildx plug-in, and \
             `docker buildx version` fails here: install both on the target, or do without"
        )));
    };
    let passed_on = |secret: &BuildSecret| matches!(secret, BuildSecret::Env { .. } | BuildSecret::Value { .. });
    if older(version, (0, 6)) && options.secrets.iter().any(passed_on) {
        return Err(Failure::new(format!(
            "The Docker buildx plugin has version {version}, but 0.6.0 is needed for secrets of type=env and type=value"
        )));
    }
    let outputs = outputs(options, build);
    if older(version, (0, 13)) && options.outputs.len() > 1 {
        return Err(Failure::new(format!(
            "The Docker buildx plugin has version {version}, but 0.13.0 is needed to specify more than one output"
        )));
    }
    if older(version, (0, 13)) && outputs.len() > 1 {
        return Err(Failure::new(format!(
            "The output does not include an image with name {}, and the Docker buildx plugin has version {version} \
             which only supports one output.",
            build.name
        )));
    }
    Ok(())
}

fn older(version: &str, than: (u32, u32)) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < than
}

/// The outputs that are asked for, and the image itself where it is not among them: buildx makes only what is named.
fn outputs(options: &Options, build: &Build) -> Vec<Output> {
    let named = |names: &Option<Vec<String>>| names.as_ref().filter(|names| !names.is_empty()).cloned();
    let own = || vec![build.name.clone()];
    let mut outputs: Vec<Output> = options.outputs.clone();
    for output in &mut outputs {
        if let Output::Image { name, .. } = output {
            *name = Some(named(name).unwrap_or_else(own));
        }
    }
    let has_image = outputs
        .iter()
        .any(|output| matches!(output, Output::Image { name: Some(names), .. } if names.contains(&build.name)));
    if !outputs.is_empty() && !has_image {
        outputs.push(Output::Image { name: Some(own()), push: false });
    }
    outputs
}

impl Command {
    /// The command that builds what the options ask for. It is also what the result shows where the engine's own
    /// builder does the work.
    pub fn new(options: &Options, build: &Build) -> Command {
        let mut words: Vec<String> = ["buildx", "build", "--progress", "plain"].map(str::to_owned).into();
        let mut environment = Vec::new();
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        let outputs = outputs(options, build);
        if outputs.is_empty() {
            say("--tag", build.name.clone());
        }
        if let Some(dockerfile) = &options.dockerfile {
            say("--file", options.path.join(dockerfile).display().to_string());
        }
        build.cache_from.iter().for_each(|source| say("--cache-from", source.clone()));
        build.network.iter().for_each(|network| say("--network", network.clone()));
        build.extra_hosts.iter().for_each(|host| say("--add-host", host.clone()));
        build.args.iter().for_each(|(key, value)| say("--build-arg", format!("{key}={value}")));
        build.target.iter().for_each(|target| say("--target", target.clone()));
        options.platform.iter().for_each(|platform| say("--platform", platform.clone()));
        build.shm_size.iter().for_each(|bytes| say("--shm-size", bytes.to_string()));
        build.labels.iter().for_each(|(key, value)| say("--label", format!("{key}={value}")));
        for (number, secret) in options.secrets.iter().enumerate() {
            say(
                "--secret",
                match secret {
                    BuildSecret::File { id, src } => format!("id={id},type=file,src={}", src.display()),
                    BuildSecret::Env { id, env } => format!("id={id},type=env,env={env}"),
                    BuildSecret::Value { id, value } => {
                        // Its value is in no list of processes this way.
                        let name = format!("CDGP_DOCKER_BUILD_SECRET_{number}");
                        environment.push((name.clone(), value.clone()));
                        format!("id={id},type=env,env={name}")
                    }
                },
            );
        }
        outputs.iter().for_each(|output| say("--output", text(output)));
        if build.pull {
            words.push("--pull".to_owned());
        }
        if build.no_cache {
            words.push("--no-cache".to_owned());
        }
        words.extend(["--".to_owned(), options.path.display().to_string()]);
        Command { words, environment }
    }
}

/// An output as the plug-in reads it: a line of CSV.
fn text(output: &Output) -> String {
    let to = |kind: &str, dest: &PathBuf| vec![format!("type={kind}"), format!("dest={}", dest.display())];
    let fields = match output {
        Output::Local { dest } => to("local", dest),
        Output::Tar { dest } => to("tar", dest),
        Output::Oci { dest } => to("oci", dest),
        Output::Docker { dest, context } => {
            let mut fields = vec!["type=docker".to_owned()];
            fields.extend(dest.as_ref().map(|dest| format!("dest={}", dest.display())));
            fields.extend(context.as_ref().map(|context| format!("context={context}")));
            fields
        }
        Output::Image { name, push } => {
            let mut fields = vec!["type=image".to_owned()];
            fields.extend(name.as_ref().map(|names| format!("name={}", names.join(","))));
            fields.extend(push.then(|| "push=true".to_owned()));
            fields
        }
    };
    let quoted = |field: &String| {
        if field.contains(['"', ',', '\r', '\n']) || field.trim() != field {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.clone()
        }
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::super::options::tests::options;
    use super::super::plan::desired;
    use super::*;

    /// The words after `docker buildx build --progress plain`.
    fn words(arguments: serde_json::Value) -> String {
        let options = options(arguments);
        let build = desired(&options, &Default::default()).unwrap();
        let words = Command::new(&options, &build).words.join(" ");
        words.strip_prefix("buildx build --progress plain ").unwrap().to_owned()
    }

    #[test]
    fn every_option_becomes_its_words() {
        for (arguments, wanted) in [
            (serde_json::json!({}), "--tag app:latest -- /src"),
            (serde_json::json!({"dockerfile": "../D"}), "--tag app:latest --file /src/../D -- /src"),
            (
                serde_json::json!({"args": {"b": true, "a": 1}, "labels": {"x": "y z"}}),
                "--tag app:latest --build-arg a=1 --build-arg b=true --label x=y z -- /src",
            ),
            (
                serde_json::json!({"etc_hosts": {"db": "10.0.0.1"}, "network": "host", "shm_size": "128MB"}),
                "--tag app:latest --network host --add-host db:10.0.0.1 --shm-size 134217728 -- /src",
            ),
            (
                serde_json::json!({"platform": ["linux/amd64", "linux/arm64"], "target": "t", "cache_from": ["a", "b"]}),
                "--tag app:latest --cache-from a --cache-from b --target t --platform linux/amd64 \
                 --platform linux/arm64 -- /src",
            ),
            (serde_json::json!({"pull": true, "nocache": true}), "--tag app:latest --pull --no-cache -- /src"),
            (
                serde_json::json!({"secrets": [{"id": "f", "type": "file", "src": "/f"}, {"id": "e", "type": "env", "env": "E"},
                    {"id": "v", "type": "value", "value": "hush"}]}),
                "--tag app:latest --secret id=f,type=file,src=/f --secret id=e,type=env,env=E \
                 --secret id=v,type=env,env=CDGP_DOCKER_BUILD_SECRET_2 -- /src",
            ),
            (
                serde_json::json!({"outputs": [{"type": "tar", "dest": "/a,b \"c\""}]}),
                "--output type=tar,\"dest=/a,b \"\"c\"\"\" --output type=image,name=app:latest -- /src",
            ),
            (
                serde_json::json!({"outputs": [{"type": "image", "name": ["app:latest", "b:1"], "push": true}]}),
                "--output type=image,\"name=app:latest,b:1\",push=true -- /src",
            ),
            (
                serde_json::json!({"outputs": [{"type": "image", "push": false}, {"type": "docker", "context": "c"},
                    {"type": "local", "dest": "/l"}, {"type": "oci", "dest": "/o"}]}),
                "--output type=image,name=app:latest --output type=docker,context=c --output type=local,dest=/l \
                 --output type=oci,dest=/o -- /src",
            ),
        ] {
            assert_eq!(words(arguments), wanted);
        }
    }
}
