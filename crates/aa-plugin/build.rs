//! Lists the files of `plugins/` for `src/bundled.rs`, so that an installed binary brings them along.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../plugins");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut table = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    for file in &files {
        let name = file.strip_prefix(&root).expect("it was found below the root").to_string_lossy().replace('\\', "/");
        let path = file.canonicalize()?;
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("a string takes all text");
    }
    table.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("bundled.rs"), table)
}

/// Every file below a folder; hidden ones stay out.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        match (hidden, path.is_dir()) {
            (true, _) => {}
            (_, true) => collect(&path, files)?,
            _ => {
                println!("cargo:rerun-if-changed={}", path.display());
                files.push(path);
            }
        }
    }
    Ok(())
}
