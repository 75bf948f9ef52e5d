//! Annotations of entities in descriptor files: read, set, removed, and put back as they were found.
//!
//! Takes the same folder and globs as [`super::read_files`]. Writes one file at a time, whole or not at all, and
//! changes nothing in it but the one annotation. Never touches an entity that stands in two places. All functions
//! block; changes within this process wait for each other.

use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use mig_plan::EntityRef;

use super::CatalogError;
use super::descriptor::is_prefixed_name;
use super::files::load;
use super::rewrite::{annotation_of, rewrite};
use super::yaml::{Node, documents, piece_around};

/// Two annotations of one file, changed at once, must not undo each other.
static CHANGING: Mutex<()> = Mutex::new(());

/// The value of an entity's annotation; `None` when it has none of that key.
///
/// # Errors
/// [`CatalogError::Refused`] when the entity is not in the files, or in two places; [`CatalogError::Unavailable`] when
/// its file cannot be read.
pub fn annotation(
    folder: &Path,
    globs: &[String],
    entity: &EntityRef,
    key: &str,
) -> Result<Option<String>, CatalogError> {
    let found = find(folder, globs, entity)?;
    Ok(annotation_of(&found.root, key))
}

/// Sets an entity's annotation in its file, or removes it. Comments, order, quotes, line ends and every other byte stay;
/// the quotes of a value stay what they were where they can hold the new one. Done twice it is done once.
///
/// Whoever wants the file back as it was takes an [`annotation_image`] first and hands it to [`restore_annotation`].
///
/// # Errors
/// [`CatalogError::Refused`] when the entity is not in the files or in two places, when the key can be none, or when the
/// annotations are written in a way that cannot be changed safely; [`CatalogError::Unavailable`] when the file cannot be
/// read or written. Then it is as it was.
pub fn set_annotation(
    folder: &Path,
    globs: &[String],
    entity: &EntityRef,
    key: &str,
    value: Option<&str>,
) -> Result<(), CatalogError> {
    if !is_prefixed_name(key) {
        return Err(CatalogError::Refused(format!(
            "`{key}` cannot be an annotation's key: write letters, digits, `-`, `_` and `.`, perhaps behind a domain and `/`"
        )));
    }
    let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let found = find(folder, globs, entity)?;
    let text = found.rewritten(&found.text, key, value)?;
    found.write(&text)
}

/// The text that the entity's descriptor is written in now, for [`restore_annotation`].
///
/// # Errors
/// As [`annotation`].
pub fn annotation_image(folder: &Path, globs: &[String], entity: &EntityRef) -> Result<String, CatalogError> {
    let found = find(folder, globs, entity)?;
    Ok(found.text[found.piece()].to_owned())
}

/// Puts an annotation back to what it was when the image was taken. When nothing else was changed since, the descriptor
/// gets its very bytes back; otherwise only the annotation's value is put back, or the annotation removed.
///
/// # Errors
/// As [`set_annotation`]; [`CatalogError::Refused`] also when the image is none of this entity's.
pub fn restore_annotation(
    folder: &Path,
    globs: &[String],
    entity: &EntityRef,
    key: &str,
    image: &str,
) -> Result<(), CatalogError> {
    let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let found = find(folder, globs, entity)?;
    let piece = found.piece();
    let restored = format!("{}{image}{}", &found.text[..piece.start], &found.text[piece.end..]);
    let before = documents(&restored);
    let Some(Ok(root)) = before.get(found.document) else {
        return Err(CatalogError::Refused(format!("the image of {entity} cannot be read: it is damaged")));
    };
    let now = annotation_of(&found.root, key);
    if found.rewritten(&restored, key, now.as_deref()).is_ok_and(|text| text == found.text) {
        return found.write(&restored);
    }
    let text = found.rewritten(&found.text, key, annotation_of(root, key).as_deref())?;
    found.write(&text)
}

/// An entity's file as it is now.
struct Found {
    entity: EntityRef,
    path: PathBuf,
    text: String,
    document: usize,
    root: Node,
}

fn find(folder: &Path, globs: &[String], entity: &EntityRef) -> Result<Found, CatalogError> {
    let mut loaded = load(folder, globs);
    let Some(place) = loaded.places.remove(entity) else {
        let errors = loaded.problems.len();
        let perhaps =
            if errors == 0 { String::new() } else { format!("; {errors} problems were found in them") };
        return Err(CatalogError::Refused(format!(
            "{entity} is not in the catalog's files{perhaps}; add its descriptor, or correct the globs"
        )));
    };
    if let Some(rival) = place.rivals.first() {
        let first = loaded.entities.get(entity).and_then(|entity| entity.origin.as_ref());
        let first = first.map(|origin| format!("{}:{}", origin.file, origin.line)).unwrap_or_default();
        return Err(CatalogError::Refused(format!(
            "{entity} is described twice, in {first} and {}:{}: remove one of the two",
            rival.file, rival.line
        )));
    }
    let text = std::fs::read_to_string(&place.path).map_err(|error| failed("read", &place.path, &error))?;
    let Some(Ok(root)) = documents(&text).into_iter().nth(place.document) else {
        let message = format!("{} changed while it was read; try again", place.path.display());
        return Err(CatalogError::Unavailable(message));
    };
    Ok(Found { entity: entity.clone(), path: place.path, text, document: place.document, root })
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> CatalogError {
    CatalogError::Unavailable(format!(
        "{} cannot be {what}: {error}; mend that and try again",
        path.display()
    ))
}

impl Found {
    fn piece(&self) -> Range<usize> {
        piece_around(&self.text, self.root.span.start)
    }

    fn rewritten(&self, text: &str, key: &str, value: Option<&str>) -> Result<String, CatalogError> {
        rewrite(text, self.document, key, value).map_err(|reason| {
            CatalogError::Refused(format!(
                "the annotation `{key}` of {} in {} cannot be changed, because {reason}; change it by hand",
                self.entity,
                self.path.display()
            ))
        })
    }

    /// Replaces the file's text in one step that survives a crash: it is the old or the new one, never half.
    fn write(&self, text: &str) -> Result<(), CatalogError> {
        if text == self.text {
            return Ok(());
        }
        // A link stays a link: what it leads to is replaced.
        let path = self.path.canonicalize().map_err(|error| failed("found", &self.path, &error))?;
        let write = || -> std::io::Result<()> {
            let permissions = std::fs::metadata(&path)?.permissions();
            if permissions.readonly() {
                return Err(std::io::Error::other("it is read-only"));
            }
            let folder = path.parent().unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().set_permissions(permissions)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            #[cfg(unix)]
            std::fs::File::open(folder)?.sync_all()?;
            Ok(())
        };
        write().map_err(|error| failed("written", &self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files(tempfile::TempDir);

    impl Files {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
            Self(folder)
        }

        fn text(&self, name: &str) -> String {
            std::fs::read_to_string(self.0.path().join(name)).unwrap()
        }

        fn get(&self, entity: &str, key: &str) -> Result<Option<String>, CatalogError> {
            annotation(self.0.path(), &globs(), &entity.parse().unwrap(), key)
        }

        fn set(&self, entity: &str, key: &str, value: Option<&str>) -> Result<(), CatalogError> {
            set_annotation(self.0.path(), &globs(), &entity.parse().unwrap(), key, value)
        }

        fn image(&self, entity: &str) -> String {
            annotation_image(self.0.path(), &globs(), &entity.parse().unwrap()).unwrap()
        }

        fn restore(&self, entity: &str, key: &str, image: &str) {
            restore_annotation(self.0.path(), &globs(), &entity.parse().unwrap(), key, image).unwrap();
        }
    }

    fn globs() -> Vec<String> {
        vec!["*.yaml".to_owned()]
    }

    fn group(name: &str, annotations: &str) -> String {
        format!(
            "apiVersion: backstage.io/v1alpha1 # {name}\nkind: Group\nmetadata:\n  name: {name}\n{annotations}spec: {{type: team, children: []}}\n"
        )
    }

    #[test]
    fn an_image_gives_the_very_bytes_back() {
        for annotations in [
            "",
            "  annotations: {}\n",
            "  annotations:\n    state: plain\n",
            "  annotations:\n    state: >-\n      folded\n      text\n\n    other: x\n",
            "  annotations:\n    state: |+\n      kept\n\n\n",
            "  annotations:\n    state: \"\\x41\"\n",
            "  annotations:\n    state: plain\n      in two lines\n",
            "  annotations: { 'state' : !!str 12 }\n",
        ] {
            let text = format!("{}---\n{}---\n{}", group("a", ""), group("b", annotations), group("c", ""));
            for value in ["moved", "true", "a: b", "two\nlines"] {
                let files = Files::new(&[("all.yaml", &text)]);
                let before = files.get("group:b", "state").unwrap();
                let image = files.image("group:b");
                files.set("group:b", "state", Some(value)).unwrap();
                assert_eq!(files.get("group:b", "state").unwrap().as_deref(), Some(value));
                files.set("group:c", "state", Some("other")).unwrap();
                files.restore("group:b", "state", &image);
                files.restore("group:b", "state", &image);
                assert_eq!(files.get("group:b", "state").unwrap(), before);
                files.set("group:c", "state", None).unwrap();
                assert_eq!(files.text("all.yaml"), text, "{value:?}");
            }
        }
    }

    #[test]
    fn an_image_keeps_what_others_wrote_since() {
        let files = Files::new(&[("a.yaml", &group("a", "  annotations:\n    state: old\n"))]);
        let image = files.image("group:a");
        files.set("group:a", "state", Some("new")).unwrap();
        files.set("group:a", "other", Some("theirs")).unwrap();
        files.restore("group:a", "state", &image);
        let expected = group("a", "  annotations:\n    other: theirs\n    state: old\n");
        assert_eq!(files.text("a.yaml"), expected);
    }

    #[test]
    fn what_is_not_in_exactly_one_place_is_refused() {
        let files = Files::new(&[("a.yaml", &group("a", "")), ("b.yaml", &group("a", ""))]);
        for error in [
            files.set("group:a", "state", Some("x")).unwrap_err(),
            files.set("group:none", "state", Some("x")).unwrap_err(),
            files.set("group:a", "bad key", Some("x")).unwrap_err(),
        ] {
            assert!(matches!(error, CatalogError::Refused(_)), "{error}");
        }
        let error = files.get("group:a", "state").unwrap_err().to_string();
        assert_eq!(
            error,
            "group:default/a is described twice, in a.yaml:1 and b.yaml:1: remove one of the two"
        );
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let names: Vec<_> = (0..8).map(|number| format!("g{number}")).collect();
        let text = names.iter().map(|name| group(name, "")).collect::<Vec<_>>().join("---\n");
        let files = Files::new(&[("all.yaml", &text)]);
        let files = &files;
        std::thread::scope(|scope| {
            for name in &names {
                scope.spawn(move || files.set(&format!("group:{name}"), "state", Some(name)).unwrap());
            }
        });
        for name in &names {
            assert_eq!(files.get(&format!("group:{name}"), "state").unwrap().as_ref(), Some(name));
        }
        assert_eq!(std::fs::read_dir(files.0.path()).unwrap().count(), 1, "nothing is left beside the file");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let files = Files::new(&[("real.txt", &group("a", ""))]);
        let real = files.0.path().join("real.txt");
        symlink(&real, files.0.path().join("link.yaml")).unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
        files.set("group:a", "state", Some("x")).unwrap();
        assert!(files.0.path().join("link.yaml").is_symlink());
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(files.text("real.txt"), group("a", "  annotations:\n    state: x\n"));

        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o440)).unwrap();
        let error = files.set("group:a", "state", Some("y")).unwrap_err();
        assert!(matches!(&error, CatalogError::Unavailable(text) if text.contains("read-only")), "{error}");
    }
}
