package view

import (
	"slices"
	"time"

	"coapscope/ui/draft"
	"coapscope/ui/keep"
)

// keptTab is what a tab has to do with what is kept.
type keptTab struct {
	entry uint64      // of the history, that has its answer; 0 for none
	asked *keep.Entry // the same, while its end is not known

	file     string      // of a collection that it is of; empty for none
	sum      keep.Sum    // of the file as it was read or written last
	saved    draft.Draft // likewise
	conflict bool        // the user was told that the file has changed since, and saves again all the same
}

// Keep has the workbench work with what is kept: it goes on with these tabs, which were open last, and hands over
// whatever is to be kept from now on.
func (w *Workbench) Keep(store *keep.Store, tabs keep.Tabs) {
	w.store = store
	w.History.show(store.History)
	w.Environments.Current = tabs.Environment
	w.Collections.folders = slices.Clone(tabs.Folders)
	store.Listen(func(t keep.Trouble) {
		w.inbox.Put(nil, func() {
			concept := Warning
			if t.Err == nil {
				concept = Good
			}
			w.Say(concept, "%s", t)
		})
	}, func() {
		w.inbox.Put(historyKey{}, w.History.changed)
	})
	if len(tabs.Tabs) > 0 {
		w.restore(tabs)
	}
	w.readKnown()
	w.lastTabs = w.openTabs()
	if store.Kept() {
		roots := append([]string{store.Root()}, tabs.Folders...)
		go func() {
			for _, root := range roots {
				store.Collections.EmptyTrash(root)
			}
		}()
	}
	w.RefreshKept()
	w.Changed(PartAll)
}

type historyKey struct{}

// restore opens the tabs that were open last instead of those that are.
func (w *Workbench) restore(tabs keep.Tabs) {
	for _, t := range w.Tabs {
		w.stop(t)
	}
	w.Tabs = nil
	for _, kept := range tabs.Tabs {
		t := w.NewTab()
		t.Draft = kept.Draft.Clone()
		t.kept.entry, t.kept.file, t.kept.sum = kept.Entry, kept.File, kept.Sum
	}
	w.current = tabs.Current
	open := slices.Clone(w.Tabs)
	store := w.store
	go func() {
		for i, kept := range tabs.Tabs {
			t := open[i]
			if kept.File != "" {
				if d, sum, err := store.Collections.Read(kept.File); err == nil {
					w.inbox.Put(nil, func() {
						if t.kept.file == kept.File && t.kept.sum == kept.Sum {
							t.kept.saved = d
							if sum != kept.Sum {
								w.Say(Warning, "%s was changed on disk since it was opened; the tab has what you wrote", keep.NameOf(kept.File))
							}
							w.Changed(PartTabs)
						}
					})
				}
			}
			if kept.Entry == 0 {
				continue
			}
			if e, err := store.History.Get(kept.Entry); err == nil {
				w.inbox.Put(nil, func() {
					if t.State == TabIdle && t.Answer == nil && t.kept.entry == kept.Entry {
						w.showKept(t, &e, time.Now())
						w.Changed(PartAnswer | PartTabs)
					}
				})
			}
		}
	}()
}

// openTabs gives the open tabs as they are to be kept. They share memory with those that are edited.
func (w *Workbench) openTabs() keep.Tabs {
	tabs := keep.Tabs{
		Current: w.current, Environment: w.Environments.Current, Folders: w.Collections.folders,
		Tabs: make([]keep.Tab, 0, len(w.Tabs)),
	}
	for _, t := range w.Tabs {
		tabs.Tabs = append(tabs.Tabs, keep.Tab{Draft: t.Draft, Entry: t.kept.entry, File: t.kept.file, Sum: t.kept.sum})
	}
	return tabs
}

// keepTabs hands the tabs over if they have changed.
func (w *Workbench) keepTabs() {
	if tabs := w.openTabs(); !tabs.Equal(w.lastTabs) {
		w.lastTabs = tabs.Clone()
		w.store.SaveTabs(w.lastTabs)
	}
}

// RefreshKept reads collections and environments anew, as other programs may have changed them. It returns at once.
func (w *Workbench) RefreshKept() {
	if !w.store.Kept() {
		return
	}
	w.Collections.refresh()
	w.readEnvironments()
	w.readGroups()
}

// freshTab gives the tab for a request that was opened: the current one, unless it has something that the user would
// miss, or a new one. What the tab has open is ended.
func (w *Workbench) freshTab() *Tab {
	t := w.Tab()
	if t.State != TabIdle || t.written() || t.kept.file != "" || t.Answer != nil {
		t = w.NewTab()
	}
	w.stop(t)
	t.Answer, t.Problems, t.Progress, t.kept = nil, nil, nil, keptTab{}
	t.Last, t.Waits, t.waiting, t.said, t.Repeat = nil, "", nil, nil, nil
	w.Changed(PartTabs | PartDraft | PartAnswer | PartBar)
	return t
}

// chooseTab makes a tab the current one.
func (w *Workbench) chooseTab(t *Tab) {
	w.current = slices.Index(w.Tabs, t)
	w.Changed(PartTabs | PartDraft | PartAnswer | PartBar)
}

// Unsaved tells whether the draft of a tab differs from the file that it is of.
func (t *Tab) Unsaved() bool { return t.kept.file != "" && !t.Draft.Equal(t.kept.saved) }

// File gives the file of a collection that a tab is of; empty for none.
func (t *Tab) File() string { return t.kept.file }
