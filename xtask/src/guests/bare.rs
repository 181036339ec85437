//! Images for bare machines: Go programs with an entry of their own, linked at addresses that are right or wrong.

use super::stamp::{self, Stamp};
use super::table::IMAGES;
use super::toolchain::{self, Toolchain};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;

/// Builds every image into `.guests/bare`.
pub(super) fn make(repo: &Repo, tools: &Toolchain, force: bool) -> Outcome {
    let sources = repo.path("tests/guest/bare");
    let out = repo.guests().join("bare");
    fs::create_dir_all(&out).map_err(|why| Failure::of(out.display(), why))?;
    if force {
        stamp::remove(&out)?;
    }
    let mut fresh = Stamp::new();
    fresh.text(&toolchain::pins());
    for image in IMAGES {
        fresh.text(&format!("{} {}", image.name, image.link));
        let files = fs::read_dir(sources.join(image.source)).map_err(|why| Failure::of(sources.display(), why))?;
        let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
        files.sort();
        files.iter().for_each(|file| fresh.file(file));
    }
    if stamp::holds(&out, &fresh) {
        println!("guests: the images for bare machines are up to date");
        return Ok(());
    }
    let mut built = Vec::new();
    for image in IMAGES {
        let mut command = tools.go("linux");
        command.env("GOARCH", "arm64").current_dir(sources.join(image.source));
        command.args(["build", "-trimpath", "-ldflags", image.link, "-o"]).arg(out.join(image.name)).arg(".");
        shell::run(&mut command)?;
        built.push(image.name.to_owned());
    }
    println!("guests: {} images for bare machines", built.len());
    stamp::write(&out, &fresh, &built)
}
