//! The parts of forms: every field has a label, every change a reason.

use maud::{Markup, html};

/// A button that sends its form: `primary`, `danger` or `quiet`.
pub(super) fn button(class: &str, text: &str) -> Markup {
    html! { button class=(class) type="submit" { (text) } }
}

/// A value that goes along.
pub(super) fn hidden(name: &str, value: impl maud::Render) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// A field of a form.
pub(super) struct Field<'a> {
    /// Its name in the form, and with the form's the id of the field.
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    /// What else there is to know.
    pub(super) help: &'a str,
    /// What stands in it at first.
    pub(super) value: String,
    /// `text`, `number` or `datetime-local`.
    pub(super) kind: &'a str,
    pub(super) required: bool,
    /// The bounds and the step of a number; the longest text.
    pub(super) bounds: Option<(&'a str, &'a str, &'a str)>,
}

impl<'a> Field<'a> {
    /// A line of text that need not be there.
    pub(super) fn text(name: &'a str, label: &'a str, value: impl Into<String>) -> Self {
        Self { name, label, help: "", value: value.into(), kind: "text", required: false, bounds: None }
    }

    /// A number between bounds (least, most, step).
    pub(super) fn number(
        name: &'a str,
        label: &'a str,
        value: impl Into<String>,
        bounds: (&'a str, &'a str, &'a str),
    ) -> Self {
        Self { kind: "number", required: true, bounds: Some(bounds), ..Self::text(name, label, value) }
    }

    /// The same with a word of help.
    pub(super) fn help(self, help: &'a str) -> Self {
        Self { help, ..self }
    }

    /// In the form of this name.
    pub(super) fn render(&self, form: &str) -> Markup {
        let id = format!("{form}-{}", self.name);
        let help = format!("{id}-help");
        let (min, max, step) = self.bounds.map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)));
        html! {
            div.field {
                label for=(id) { (self.label) }
                input id=(id) type=(self.kind) name=(self.name) value=(self.value) required[self.required]
                    min=[min] max=[max] step=[step] autocomplete="off"
                    aria-describedby=[(!self.help.is_empty()).then_some(&help)];
                @if !self.help.is_empty() { p.help id=(help) { (self.help) } }
            }
        }
    }
}

/// Why something is done: for the audit, and for whoever comes after.
pub(super) fn reason(form: &str) -> Markup {
    let id = format!("{form}-why");
    html! {
        div.field {
            label for=(id) { "Reason" }
            input id=(id) type="text" name="why" required maxlength="1000" autocomplete="off";
        }
    }
}

/// Something that may be done: a heading that opens a form.
pub(super) struct Action<'a> {
    /// The last part of its address, and its name on the page.
    pub(super) name: &'a str,
    pub(super) to: String,
    pub(super) title: &'a str,
    /// What it does.
    pub(super) says: &'a str,
    pub(super) button: String,
    /// Of its button: `primary`, `danger` or `quiet`.
    pub(super) class: &'a str,
    pub(super) fields: Markup,
    pub(super) open: bool,
}

impl Action<'_> {
    /// As a form that opens at its heading.
    pub(super) fn render(&self) -> Markup {
        html! {
            details.action open[self.open] {
                summary { (self.title) }
                form method="post" action=(self.to) {
                    p { (self.says) }
                    (self.fields)
                    (reason(self.name))
                    (button(self.class, &self.button))
                }
            }
        }
    }
}
