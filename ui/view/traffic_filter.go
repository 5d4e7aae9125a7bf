package view

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/filter"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// asked is what the filter asks for, and what it has found.
type asked struct {
	text     string // as the user wrote it
	wrong    *filter.Error
	filter   *filter.Filter // of the latest text that could be read
	names    *protocol.Names
	packet   filter.Packet // reused
	matching []uint32      // frames that pass the filter, if there is one
	tried    int           // frames that were tried
	changes  int           // how often matching became another list, rather than a longer one
}

// source tells filters of frames.
type source struct{ t *Traffic }

// Begin implements filter.Source.
func (s source) Begin() time.Time { return s.t.begin }

// Info implements filter.Source.
func (s source) Info(q trace.Seq) track.FrameInfo { return s.t.tracker.Info(uint64(q)) }

// Exchange implements filter.Source.
func (s source) Exchange(x track.Index) (track.Exchange, bool) { return s.t.tracker.Exchange(x) }

// Peer implements filter.Source.
func (s source) Peer(f *trace.Frame, info track.FrameInfo) (netip.AddrPort, bool) {
	return s.t.peer(f, info)
}

// DeviceName implements filter.Source.
func (s source) DeviceName(peer netip.AddrPort) string { return s.t.name(peer) }

// Findings implements filter.Source.
func (s source) Findings(rules []*dissect.Rule, q trace.Seq) []*dissect.Rule {
	return s.t.judged.linter.AppendRules(rules, uint64(q))
}

// RowText implements filter.Source.
func (s source) RowText(q trace.Seq) string {
	r := s.t.row(q)
	return strings.Join([]string{r.Arrow, r.Peer, r.Type, r.Code, r.MessageID, r.Token, r.Summary}, " ")
}

// SetFilter shows only frames that the text asks for, in the language of package filter; all for an empty one.
// Where it cannot be read, what is shown stays as it is, and FilterError says why.
func (t *Traffic) SetFilter(text string) {
	t.asked.text, t.asked.wrong = text, nil
	f, err := filter.Compile(text, t.asked.names)
	if err != nil {
		errors.As(err, &t.asked.wrong)
		return
	}
	t.asked.filter = f
	t.asked.matching, t.asked.tried = nil, 0
	t.asked.changes++
	t.exchanges.refilter()
	t.relist()
}

// SetNames has filters and columns know what the user has named.
func (t *Traffic) SetNames(names *protocol.Names) {
	wanted := t.ColumnNames()
	t.asked.names = names
	t.judged.made = 0 // findings have names in them
	t.SetColumns(wanted...)
	t.SetFilter(t.asked.text)
}

// FilterText is the filter as the user wrote it.
func (t *Traffic) FilterText() string { return t.asked.text }

// FilterError says why the filter cannot be read; nil where it can.
func (t *Traffic) FilterError() *filter.Error { return t.asked.wrong }

// FilterSuggestion is something that a filter can go on with.
type FilterSuggestion = filter.Suggestion

// CompleteFilter suggests how a filter can go on at the cursor, a place in bytes.
func (t *Traffic) CompleteFilter(text string, cursor int) []FilterSuggestion {
	return filter.Complete(text, cursor, t.asked.names)
}

// Filtered tells whether a filter is set.
func (t *Traffic) Filtered() bool { return !t.asked.filter.IsEmpty() }

// FilterIsWords tells whether the filter is words that have to occur in a row, rather than an expression.
func (t *Traffic) FilterIsWords() bool { return t.Filtered() && !t.asked.filter.IsExpression() }

// toFilter is how many frames can be tried now.
func (t *Traffic) toFilter() int {
	switch {
	case !t.Filtered():
		return 0
	case t.asked.filter.NeedsFindings():
		return t.judged.frames - t.asked.tried
	}
	return t.fed - t.asked.tried
}

// try tries the next frame.
func (t *Traffic) try() {
	t.asked.tried++
	if t.passes(trace.Seq(t.asked.tried)) {
		t.asked.matching = append(t.asked.matching, uint32(t.asked.tried))
		t.exchanges.passed(trace.Seq(t.asked.tried), 1)
	}
}

func (t *Traffic) passes(s trace.Seq) bool {
	f := t.log.At(s)
	if f == nil {
		return false
	}
	t.asked.packet.Reset(f)
	return t.asked.filter.Match(&t.asked.packet)
}

// retry tries a frame again of which more is known now.
func (t *Traffic) retry(s trace.Seq) {
	if !t.asked.filter.NeedsFindings() || int(s) > t.asked.tried {
		return
	}
	at, was := slices.BinarySearch(t.asked.matching, uint32(s))
	switch passes := t.passes(s); {
	case passes && !was:
		t.asked.matching = slices.Insert(t.asked.matching, at, uint32(s))
		t.exchanges.passed(s, 1)
	case was && !passes:
		t.asked.matching = slices.Delete(t.asked.matching, at, at+1)
		t.exchanges.passed(s, -1)
	default:
		return
	}
	t.asked.changes++
	t.relist()
}

// Len is the number of rows.
func (t *Traffic) Len() int {
	if t.Filtered() {
		return len(t.asked.matching)
	}
	return t.fed
}

// Seq gives the frame of a row; 0 for none.
func (t *Traffic) Seq(row int) trace.Seq {
	switch {
	case row < 0 || row >= t.Len():
		return 0
	case t.Filtered():
		return trace.Seq(t.asked.matching[row])
	}
	return trace.Seq(row + 1)
}

// RowOf gives the row of a frame, -1 where the filter hides it.
func (t *Traffic) RowOf(s trace.Seq) int {
	if !t.Filtered() {
		if int(s) > t.fed {
			return -1
		}
		return int(s) - 1
	}
	if row, ok := slices.BinarySearchFunc(t.asked.matching, s, func(m uint32, s trace.Seq) int {
		return cmp.Compare(trace.Seq(m), s)
	}); ok {
		return row
	}
	return -1
}

// Column is a field that the user has added to the packet list.
type Column struct {
	Name string // as in filters
	What string // in a few words

	field *filter.Field
}

// Columns gives the columns that were added, in order.
func (t *Traffic) Columns() []Column { return t.columns }

// ColumnNames gives their names, to keep them between runs; behind them those that SetColumns was given and that no
// field has now.
func (t *Traffic) ColumnNames() (names []string) {
	for _, c := range t.columns {
		names = append(names, c.Name)
	}
	return append(names, t.absent...)
}

// SetColumns shows the fields of these names. What is none is left out until the user has named it.
func (t *Traffic) SetColumns(names ...string) {
	t.columns, t.absent = nil, nil
	for _, name := range names {
		if !t.AddColumn(name) && !slices.Contains(t.absent, name) {
			t.absent = append(t.absent, name)
		}
	}
}

// AddColumn adds a column for a field, unless there is one. It tells whether there is such a field.
func (t *Traffic) AddColumn(name string) bool {
	field, ok := filter.Lookup(strings.ToLower(strings.TrimSpace(name)), t.asked.names)
	if !ok {
		return false
	}
	if !slices.ContainsFunc(t.columns, func(c Column) bool { return c.Name == field.Name }) {
		t.columns = append(slices.Clip(t.columns), Column{field.Name, field.About, field})
	}
	return true
}

// RemoveColumn takes a column away that was added.
func (t *Traffic) RemoveColumn(name string) {
	t.columns = slices.DeleteFunc(slices.Clone(t.columns), func(c Column) bool { return c.Name == name })
	t.absent = slices.DeleteFunc(slices.Clone(t.absent), func(n string) bool { return n == name })
}

// ColumnText gives what a row has in column i of Columns.
func (t *Traffic) ColumnText(row, i int) string {
	f := t.log.At(t.Seq(row))
	if f == nil || i < 0 || i >= len(t.columns) {
		return ""
	}
	t.asked.packet.Reset(f)
	return t.columns[i].field.Text(&t.asked.packet)
}

// like has t show what the other shows: the filter, the columns and the choice of exchanges stand above the list,
// whatever is in it.
func (t *Traffic) like(other *Traffic) {
	renamed := t.asked.names != other.asked.names
	t.columns, t.absent, t.asked.names = other.columns, other.absent, other.asked.names
	if renamed {
		t.judged.made = 0
	}
	t.exchanges.Choose(other.exchanges.Choice())
	if renamed || t.asked.text != other.asked.text {
		t.SetFilter(other.asked.text)
	}
}

// SetFilter shows only packets that the text asks for.
func (w *Workbench) SetFilter(text string) {
	w.Traffic.SetFilter(text)
	w.Changed(PartPackets)
}

// AddColumn adds a column to the packet list.
func (w *Workbench) AddColumn(name string) {
	if !w.Traffic.AddColumn(name) {
		w.Say(Warning, "There is no field “%s” that could be a column", name)
	}
	w.Changed(PartPackets)
}

// RemoveColumn takes a column away from the packet list.
func (w *Workbench) RemoveColumn(name string) {
	w.Traffic.RemoveColumn(name)
	w.Changed(PartPackets)
}
