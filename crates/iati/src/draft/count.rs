//! The count of the elements of an activity while it is read.

use formats::Census;

use crate::draft::Draft;

impl Draft {
    /// Takes note of an element that can be recorded, by the number of its path.
    pub(crate) fn count(&mut self, path: u16) {
        let elements = match &mut self.transaction {
            _ if self.skip.is_some() => &mut self.lost,
            Some(transaction) => &mut transaction.elements,
            None => &mut self.activity.elements,
        };
        elements.add(path, 1);
    }

    /// Gives up what was taken note of and not delivered.
    pub(super) fn lose_all(&mut self) {
        let own = std::mem::take(&mut self.activity.elements);
        let open = self.transaction.as_ref().map(|it| &it.elements);
        let whole = self.activity.transactions.iter().map(|it| &it.elements);
        for elements in whole.chain(open).chain([&own]) {
            self.lost.append(elements);
        }
    }

    /// Counts all of an activity that the file breaks off in.
    pub(crate) fn abandon(mut self, census: &mut Census) {
        self.lose_all();
        census.lose_all(&self.lost);
    }
}
