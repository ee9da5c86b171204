//! Searches with an order of their own.

use super::*;

impl Run<'_> {
    /// Sorted by what is not a column: in memory when there are few, along an index when there are many.
    pub(super) fn sorted(
        &self,
        selection: &Selection,
        keys: &[SortKey],
        cursor: Option<&str>,
        want: usize,
    ) -> Result<SearchPage, ReadError> {
        if let [
            SortKey {
                by: SortBy::Param(param),
                descending,
            },
        ] = keys
            && self.number(&selection.count(FEW_SORTED + 1))? > FEW_SORTED
        {
            let along = match param.kind {
                ParamKind::String => Some(("istr", "v", 0)),
                ParamKind::Date => Some(("idat", "lo", flavour::LONG)),
                _ => None,
            };
            if let Some((table, by, extra)) = along {
                let mut branches: Vec<i64> = param.uses.iter().map(|u| column(u.branch)).collect();
                if extra != 0 {
                    branches.extend(branches.clone().iter().map(|b| b + extra));
                }
                let index = Along {
                    table,
                    by,
                    branches,
                    descending: *descending,
                    sort: keys,
                };
                return self.along_index(selection, &index, cursor, want);
            }
        }
        let after = places_mark(cursor)?;
        let mut all: Vec<(Vec<Place>, i64)> = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let most = usize::try_from(MOST_SORTED).unwrap_or(usize::MAX);
        self.each(selection, &mut |key, stored| {
            if seen.insert(key)
                && let Ok(document) = document(stored)
            {
                all.push((places(keys, stored, &extract(&document, None)), key));
            }
            all.len() <= most
        })?;
        if all.len() > most {
            return Err(ReadError::BadQuery(format!(
                "more than {MOST_SORTED} resources match, too many to sort in this way: narrow the search, or sort by _lastUpdated"
            )));
        }
        all.sort_unstable_by(|a, b| compare(keys, (&a.0, a.1), (&b.0, b.1)));
        if let Some((at, key)) = &after {
            all.retain(|(places, k)| compare(keys, (places, *k), (at, *key)).is_gt());
        }
        let mut page = SearchPage::default();
        let more = all.len() > want;
        all.truncate(want);
        if more && let Some((at, key)) = all.last() {
            page.next = Some(of_places(at, *key));
        }
        for (_, key) in all {
            page.matches.extend(self.stored(key)?);
        }
        Ok(page)
    }

    pub(super) fn along_index(
        &self,
        selection: &Selection,
        index: &Along<'_>,
        cursor: Option<&str>,
        want: usize,
    ) -> Result<SearchPage, ReadError> {
        let mut after = match places_mark(cursor)? {
            None => None,
            Some((at, key)) => at.into_iter().next().map(|place| (place, key)),
        };
        let mut page = SearchPage::default();
        let mut looked = 0;
        while !matches!(after, Some((Place::Nowhere, _))) {
            let rows = self.index_rows(selection, index, after.as_ref(), want + 1)?;
            let more = rows.len() > want;
            for (place, key) in rows {
                if page.matches.len() == want {
                    page.next = after.map(|(place, key)| of_places(&[place], key));
                    return Ok(page);
                }
                if let Some(stored) = self.candidate(selection, key)? {
                    let here = places(index.sort, &stored, &extract(&document(&stored)?, None));
                    if here.first().is_some_and(|p| same_place(p, &place)) {
                        page.matches.push(stored);
                    }
                }
                after = Some((place, key));
            }
            looked += want + 1;
            within_reason(looked)?;
            if !more {
                after = Some((Place::Nowhere, i64::MIN));
            }
        }
        self.without_place(
            selection,
            index,
            after.map_or(i64::MIN, |(_, key)| key),
            want,
            page,
        )
    }

    /// What has no value for the sort key comes last, in the order of keys.
    pub(super) fn without_place(
        &self,
        selection: &Selection,
        index: &Along<'_>,
        mut after: i64,
        want: usize,
        mut page: SearchPage,
    ) -> Result<SearchPage, ReadError> {
        let set = crate::translate::branch_list(&index.branches);
        let mut looked = 0;
        loop {
            let limit = i64::try_from(want + 1).unwrap_or(i64::MAX);
            let sql = Fragment::text("select k.key, k.key from (")
                .then(selection.keys(i64::MAX))
                .say(&format!(
                    ") k where k.key not in (select s.key from {} s where s.branch in {set})",
                    index.table
                ));
            let sql = sql.then(Fragment::new(
                " and k.key > ? order by k.key limit ?",
                [after.into(), limit.into()],
            ));
            let rows = self.pairs(&sql)?;
            let more = rows.len() > want;
            for (key, _) in rows {
                if page.matches.len() == want {
                    page.next = Some(of_places(&[Place::Nowhere], after));
                    return Ok(page);
                }
                if key != after {
                    page.matches.extend(self.candidate(selection, key)?);
                }
                after = key;
            }
            if !more {
                return Ok(page);
            }
            looked += want + 1;
            within_reason(looked)?;
        }
    }

    /// Rows of the index in order, of all its branches together.
    pub(super) fn index_rows(
        &self,
        selection: &Selection,
        index: &Along<'_>,
        after: Option<&(Place, i64)>,
        limit: usize,
    ) -> Result<Vec<(Place, i64)>, ReadError> {
        let mut rows = Vec::new();
        for branch in &index.branches {
            let mark = after.map(|(place, key)| match place {
                Place::Text(text) => (Bound::Text(text.clone()), *key),
                Place::Time(t) => (Bound::Int(*t), *key),
                Place::Number(x) => (Bound::Real(*x), *key),
                Place::Nowhere => (Bound::Int(i64::MAX), *key),
            });
            let rows_limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let sql = selection.by_index(
                index.table,
                index.by,
                *branch,
                index.descending,
                mark,
                rows_limit,
            );
            let (text, values) = sql.finish();
            let mut statement = self.connection.prepare_cached(&text)?;
            let mut found = statement.query(params_from_iter(values))?;
            while let Some(row) = found.next()? {
                let place = match row.get_ref(1)? {
                    rusqlite::types::ValueRef::Integer(t) => Place::Time(t),
                    rusqlite::types::ValueRef::Real(x) => Place::Number(x),
                    rusqlite::types::ValueRef::Text(t) => {
                        Place::Text(String::from_utf8_lossy(t).into_owned())
                    }
                    rusqlite::types::ValueRef::Null | rusqlite::types::ValueRef::Blob(_) => {
                        Place::Nowhere
                    }
                };
                rows.push((place, row.get(0)?));
            }
        }
        let one = [SortKey {
            by: SortBy::Id,
            descending: index.descending,
        }];
        rows.sort_by(|a: &(Place, i64), b| {
            let order = compare(
                &one,
                (std::slice::from_ref(&a.0), 0),
                (std::slice::from_ref(&b.0), 0),
            );
            order.then(if index.descending {
                b.1.cmp(&a.1)
            } else {
                a.1.cmp(&b.1)
            })
        });
        rows.truncate(limit);
        Ok(rows)
    }
}
