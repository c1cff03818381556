//! Tells the container by what the kernel says of this process.
//!
//! Source: cgroups(7) for `/proc/self/cgroup`, proc_pid_mountinfo(5) for `/proc/self/mountinfo`.

use std::fs;

/// The files that give a container away.
pub struct Files {
    /// `/proc/self/cgroup`: with cgroups v1 the container's ID is in the paths.
    cgroup: String,
    /// `/proc/self/cpuset`
    cpuset: String,
    /// `/proc/self/mountinfo`: with cgroups v2 only the mounts of `/etc/hostname` and its like still tell.
    mounts: String,
}

impl Files {
    pub fn of_this_process() -> Self {
        // One that can't be read tells nothing.
        let read = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        Files { cgroup: read("cgroup"), cpuset: read("cpuset"), mounts: read("mountinfo") }
    }
}

/// The container; both empty outside of one.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Container {
    pub id: String,
    /// `docker`, `podman`, `azure_pipelines`, `github_actions`.
    pub kind: &'static str,
}

impl Container {
    pub fn detect(files: &Files) -> Self {
        let groups = files.cgroup.lines().filter_map(|line| line.splitn(3, ':').nth(2));
        groups
            .chain(files.cpuset.lines())
            .find_map(of_group)
            .or_else(|| files.mounts.lines().find_map(of_mount))
            .unwrap_or_default()
    }
}

/// By a control group's path: `/docker/ID`, `/system.slice/docker-ID.scope`.
fn of_group(path: &str) -> Option<Container> {
    let (parent, leaf) = path.rsplit_once('/')?;
    let kind = match parent.rsplit('/').next()? {
        "docker" => "docker",
        "libpod" | "libpod_parent" => "podman",
        "azpl_job" => "azure_pipelines",
        "actions_job" => "github_actions",
        _ => return of_scope(leaf),
    };
    Some(Container { id: leaf.to_owned(), kind })
}

/// As systemd names it.
fn of_scope(leaf: &str) -> Option<Container> {
    let (manager, id) = leaf.strip_suffix(".scope")?.split_once('-')?;
    let kind = match manager {
        "docker" => "docker",
        "libpod" => "podman",
        _ => return None,
    };
    Some(Container { id: id.to_owned(), kind })
}

/// By a file that the engine mounts into each container: `…/containers/ID/hostname`, Podman's
/// `…/overlay-containers/ID/userdata/hostname`.
fn of_mount(line: &str) -> Option<Container> {
    let mut fields = line.split(' ');
    let (root, target) = (fields.nth(3)?, fields.next()?);
    if !matches!(target, "/etc/hostname" | "/etc/hosts" | "/etc/resolv.conf") {
        return None;
    }
    let mut folders = root.rsplit('/').skip(1);
    let (kind, id) = match folders.next()? {
        "userdata" => ("podman", folders.next()?),
        id => ("docker", id),
    };
    let is_id = id.len() == 64 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_id.then(|| Container { id: id.to_owned(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3a5f0c1e9b7d2468ace013579bdf02468ace13579bdf02468ace013579bdf024";

    fn detected(cgroup: &str, cpuset: &str, mounts: &str) -> (String, &'static str) {
        let fill = |text: &str| text.replace("ID", ID);
        let files = Files { cgroup: fill(cgroup), cpuset: fill(cpuset), mounts: fill(mounts) };
        let Container { id, kind } = Container::detect(&files);
        (id, kind)
    }

    #[test]
    fn containers_by_their_control_group() {
        for (cgroup, cpuset, kind) in [
            ("12:pids:/docker/ID\n0::/system.slice/containerd.service\n", "", "docker"),
            ("0::/\n", "/docker/ID\n", "docker"),
            ("0::/system.slice/docker-ID.scope\n", "", "docker"),
            ("0::/machine.slice/libpod-ID.scope\n", "", "podman"),
            ("3:cpu:/azpl_job/ID\n", "", "azure_pipelines"),
            ("3:cpu:/actions_job/ID\n", "", "github_actions"),
        ] {
            assert_eq!(detected(cgroup, cpuset, ""), (ID.to_owned(), kind), "{cgroup}");
        }
    }

    #[test]
    fn containers_by_their_mounts() {
        for (root, kind) in [
            ("/var/lib/docker/containers/ID/hostname", "docker"),
            ("/containers/storage/overlay-containers/ID/userdata/hostname", "podman"),
        ] {
            let mounts = format!(
                "21 1 8:1 / / rw - overlay overlay rw\n700 690 8:1 {root} /etc/hostname rw,relatime - ext4 /dev/sda1 rw\n"
            );
            assert_eq!(detected("0::/\n", "/\n", &mounts), (ID.to_owned(), kind));
        }
    }

    #[test]
    fn no_container() {
        let nothing = (String::new(), "");
        assert_eq!(detected("0::/user.slice/user-0.slice/session-1.scope\n", "/\n", ""), nothing);
        assert_eq!(detected("", "", "700 690 8:1 /etc/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n"), nothing);
    }
}
