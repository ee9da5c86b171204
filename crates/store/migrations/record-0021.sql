-- In deny, `permit` says what a row does: 0 denies, 1 is an exception to a denial, 2 lets records about substance use leave the
-- clinic (42 CFR part 2). What there is of each is found without reading the others.
create index deny_by_permit on deny (permit, patient);
