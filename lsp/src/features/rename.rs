//! Renaming what stands under the cursor, everywhere.
//!
//! Items and new columns can be renamed: they are named by the sources. Old columns, tables, entities and variables
//! are named by the world, and a word of the language is not a name.

use mig_lang::Span;
use mig_lang::ast::Statement;
use mig_lang::words::identifier;

use crate::features::definition::tree;
use crate::features::references::references;
use crate::snapshot::Cursor;
use crate::symbol::{self, Meaning, Symbol};

/// What can be renamed: the place of the name under the cursor and the name as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Renameable {
    /// Where it stands under the cursor.
    pub(crate) span: Span,
    /// The name without backticks.
    pub(crate) name: String,
}

/// What would be renamed here.
///
/// # Errors
/// Why nothing can be, in a sentence.
pub(crate) fn prepare(cursor: Cursor<'_>) -> Result<Renameable, String> {
    let symbol = symbol::at(cursor).ok_or("There is no name here.")?;
    let name = if let Meaning::Item(name) = &symbol.meaning {
        if !cursor.folder.program().definitions.contains_key(name) {
            return Err(format!("There is no item `{name}`."));
        }
        name.clone()
    } else if let Meaning::NewColumn { column, .. } = &symbol.meaning {
        column.clone()
    } else {
        return Err(why_not(&symbol.meaning).to_owned());
    };
    Ok(Renameable { span: symbol.span, name })
}

/// The replacements that rename it, in source order.
///
/// # Errors
/// Why it cannot be renamed so, in a sentence.
pub(crate) fn rename(cursor: Cursor<'_>, new: &str) -> Result<Vec<(Span, String)>, String> {
    let old = prepare(cursor)?;
    let bare = new.trim().strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(new.trim());
    if bare.is_empty() || bare.contains(['`', '\n', '\r']) {
        return Err("A name has at least one character, and neither backticks nor line ends.".to_owned());
    }
    if bare == old.name {
        return Ok(Vec::new());
    }
    let symbol = symbol::at(cursor).ok_or("There is no name here.")?;
    taken(cursor, &symbol, bare)?;
    let written = identifier(bare);
    let places = references(cursor);
    let mut edits = Vec::with_capacity(places.len());
    for place in places {
        // A bare column that is renamed is still made of the old one: `state` becomes `status = state`.
        let carried = carried(cursor, &symbol.meaning, place);
        let text = match carried {
            Carried::No => written.clone(),
            Carried::Bare => format!("{written} = {}", identifier(&old.name)),
            Carried::Typed { .. } => written.clone(),
        };
        edits.push((place, text));
        if let Carried::Typed { end } = carried {
            edits.push((end, format!(" = {}", identifier(&old.name))));
        }
    }
    edits.sort_by_key(|(span, _)| *span);
    Ok(edits)
}

/// How a new column's line says what it is made of.
#[derive(Clone, Copy)]
enum Carried {
    /// It is no line, or one with an expression.
    No,
    /// The bare name.
    Bare,
    /// The name and a type, which ends here.
    Typed { end: Span },
}

fn carried(cursor: Cursor<'_>, meaning: &Meaning, place: Span) -> Carried {
    let Meaning::NewColumn { dataset, .. } = meaning else { return Carried::No };
    let lines =
        tree(cursor.folder, dataset).into_iter().flat_map(|item| &item.body).filter_map(|statement| {
            if let Statement::Columns(columns) = statement { Some(&columns.columns) } else { None }
        });
    let line = lines.flatten().find(|line| line.name.span == place && line.value.is_none());
    match line {
        None => Carried::No,
        Some(line) => match &line.ty {
            None => Carried::Bare,
            Some(ty) => Carried::Typed { end: Span { start: ty.span.end, ..ty.span } },
        },
    }
}

/// Refuses a name that something else has.
fn taken(cursor: Cursor<'_>, symbol: &Symbol, name: &str) -> Result<(), String> {
    if let Meaning::NewColumn { dataset, .. } = &symbol.meaning {
        let mut found = false;
        symbol::visit(cursor.folder, &mut |symbol| {
            found |= matches!(&symbol.meaning,
                Meaning::NewColumn { dataset: of, column } if of == dataset && column == name);
        });
        return if found { Err(format!("`{dataset}` already has a column `{name}`.")) } else { Ok(()) };
    }
    if name == "datasets" || name == "consumers" {
        return Err(format!("`{name}` is no name for an item: in `move` of a wave it means all of them."));
    }
    match cursor.folder.program().definitions.get(name) {
        Some(definition) => Err(format!("`{name}` is already the name of a {}.", definition.keyword.word())),
        None => Ok(()),
    }
}

fn why_not(meaning: &Meaning) -> &'static str {
    match meaning {
        Meaning::Member { .. } => "A member of a family is named after its entity in the catalog.",
        Meaning::OldColumn { .. } => "The column is named by the old store.",
        Meaning::Table { .. } => "The table is named by its store.",
        Meaning::Entity(_) | Meaning::EntityPath(_) => "The catalog names its entities.",
        Meaning::Variable(_) => "The environment names its variables.",
        Meaning::Metric(_) => "Metrics are named by their source.",
        Meaning::Keyword(_)
        | Meaning::Attribute(..)
        | Meaning::Statement(..)
        | Meaning::StoreKind(_)
        | Meaning::Type(_)
        | Meaning::Function(_)
        | Meaning::Code(_)
        | Meaning::Action(_) => "This is a word of the language.",
        Meaning::Item(_) | Meaning::NewColumn { .. } => "",
    }
}

#[cfg(test)]
mod tests {
    use super::rename;
    use crate::fixture::Fixture;

    const TEXT: &str = "
store legacy: sqlite { url = env.LEGACY }
dataset orders: legacy.orders -> lake.orders {
  key = [state, id]
  columns {
    id: int64
    state
    total = state ++ \"x\"
  }
}
wave one {
  move = orders
}
";

    fn renamed(from: &str, to: &str, new: &str) -> String {
        let fixture = Fixture::file(&TEXT.replacen(from, to, 1));
        match rename(fixture.cursor(), new) {
            Err(why) => why,
            Ok(mut edits) => {
                let mut text = TEXT.to_owned();
                edits.reverse();
                for (span, by) in edits {
                    text.replace_range(span.start as usize..span.end as usize, &by);
                }
                let lines = text.lines().zip(TEXT.lines()).filter(|(new, old)| new != old);
                lines.map(|(new, _)| new.trim()).collect::<Vec<_>>().join(" | ")
            }
        }
    }

    #[test]
    fn an_item_is_renamed_everywhere() {
        assert_eq!(
            renamed("move = orders", "move = ord$0ers", "sales"),
            "dataset sales: legacy.orders -> lake.orders { | move = sales"
        );
        assert_eq!(
            renamed("store legacy", "store leg$0acy", "old shop"),
            "store `old shop`: sqlite { url = env.LEGACY } | dataset orders: `old shop`.orders -> lake.orders {"
        );
    }

    #[test]
    fn a_carried_column_is_still_made_of_the_old_one() {
        assert_eq!(renamed("[state", "[st$0ate", "status"), "key = [status, id] | status = state");
        assert_eq!(renamed(", id]", ", i$0d]", "order_id"), "key = [state, order_id] | order_id: int64 = id");
    }

    #[test]
    fn what_the_world_names_stays() {
        assert_eq!(renamed("= state ++", "= sta$0te ++", "x"), "The column is named by the old store.");
        assert_eq!(renamed("wave one", "wa$0ve one", "x"), "This is a word of the language.");
        assert_eq!(
            renamed("move = orders", "move = ord$0ers", "one"),
            "`one` is already the name of a wave."
        );
        assert_eq!(renamed("[state", "[st$0ate", "total"), "`orders` already has a column `total`.");
        assert_eq!(
            renamed("move = orders", "move = ord$0ers", "`"),
            "A name has at least one character, and neither backticks nor line ends."
        );
    }
}
