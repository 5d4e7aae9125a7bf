package view

import (
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/payload"

	"coapscope/session/transport"
	"coapscope/ui/draft"
)

// GroupColumn is a column of the table of answers, by which its rows can be in order.
type GroupColumn uint8

// The columns.
const (
	ByTime GroupColumn = iota
	ByMember
	ByCode
	ByValue
	BySize
)

// GroupAnswerRow is a row of the table.
type GroupAnswerRow struct {
	Member  string
	Time    string
	Code    string
	Concept Concept // of Code
	Value   string
	Size    string
	Flags   string
	Short   string // the flags where there is little room
	Flagged Concept
	Other   bool // it is no member of the group
}

// Len is the number of rows.
func (g *GroupRun) Len() int { return len(g.members) }

// GroupMember gives the member of a row; nil where there is none.
func (w *Workbench) GroupMember(g *GroupRun, row int) *GroupMember {
	g.arrange(w.memberName)
	if row < 0 || row >= len(g.order) {
		return nil
	}
	return g.order[row]
}

// GroupRowOf gives the row of a member; -1 for none.
func (w *Workbench) GroupRowOf(g *GroupRun, m *GroupMember) int {
	g.arrange(w.memberName)
	for i, x := range g.order {
		if x == m {
			return i
		}
	}
	return -1
}

// Order gives the column that rows are in the order of.
func (g *GroupRun) Order() (by GroupColumn, down bool) { return g.by, g.down }

// SortGroup has the rows be in the order of a column, or of the same one upside down.
func (w *Workbench) SortGroup(g *GroupRun, by GroupColumn) {
	g.down = g.by == by && !g.down
	g.by = by
	g.order = g.order[:0]
	w.Changed(PartAnswer)
}

// memberName gives what a member is called: the name of its device, or as it is written in the group.
func (w *Workbench) memberName(m *GroupMember) string {
	if m.To.IsValid() {
		if d, ok := w.known.Get(m.To); ok {
			return d.Name
		}
	}
	if m.Text != "" {
		return m.Text
	}
	return discovery.EndpointText(m.To)
}

// GroupAnswerRow gives a row of the table.
func (w *Workbench) GroupAnswerRow(g *GroupRun, row int) (r GroupAnswerRow) {
	m := w.GroupMember(g, row)
	if m == nil {
		return r
	}
	r.Member = w.memberName(m)
	r.Other = m.Text == "" && g.expected > 0
	if m.State != MemberAnswered {
		r.Code, r.Concept, r.Value = m.silence(g)
		return r
	}
	a := m.Answer
	r.Time = Duration(a.RTT)
	r.Code, r.Concept = a.Message.Code.Dotted(), codeConcept(a.Message.Code)
	if a.Message.Code == protocol.Empty {
		r.Code = "✓"
	}
	r.Value, r.Size = m.value, Bytes(len(a.Message.Payload))
	if m.Fetching {
		r.Value, r.Size = "fetching the rest …", ""
	}
	r.Flags, r.Flagged = strings.Join(m.flags(g), ", "), Warning
	r.Short = m.short(g)
	return r
}

// silence says why there is no answer: a sign, and in words.
func (m *GroupMember) silence(g *GroupRun) (code string, c Concept, words string) {
	why := ""
	if m.Answer != nil && m.Answer.Err != nil {
		why = shortError(m.Answer.Err)
	}
	switch m.State {
	case MemberWaiting:
		return "…", Warning, "waiting"
	case MemberSilent:
		if g.Quiet {
			return "–", Dim, "silent, as asked for"
		}
		words := "silent"
		if a := m.Answer; a != nil && a.Attempts > 1 {
			words += ", " + count(a.Attempts, "try", "tries")
		}
		return "✖", Error, words
	case MemberRejected:
		return "✖", Error, "rejected it (RST)"
	case MemberUnasked:
		return "–", Dim, "stopped before"
	}
	return "✖", Error, why
}

func shortError(err error) string {
	var icmp *transport.ICMPError
	if errors.As(err, &icmp) {
		return icmp.Reason()
	}
	return err.Error()
}

// flags are what is to be noticed of an answer.
func (m *GroupMember) flags(g *GroupRun) (flags []string) {
	a := m.Answer
	if g.Late(a.RTT) {
		flags = append(flags, "late")
	}
	if m.Nth > 1 {
		flags = append(flags, fmt.Sprintf("answer %d of it", m.Nth))
	}
	if m.copies > 0 {
		flags = append(flags, fmt.Sprintf("duplicate ×%d", m.copies))
	}
	if m.Text == "" && g.expected > 0 {
		flags = append(flags, "not a member")
	}
	if from := a.From; from.IsValid() && m.To.IsValid() && netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) != m.To {
		flags = append(flags, "from "+discovery.EndpointText(from))
	}
	if len(m.Also) > 0 {
		flags = append(flags, "by "+strings.Join(m.Also, ", ")+" too")
	}
	if a.Retries > 0 {
		flags = append(flags, count(a.Retries, "retry", "retries"))
	}
	if a.NoteConcept == Warning && a.Note != "" {
		flags = append(flags, "first block only")
	}
	return flags
}

// short gives those flags that change what the answer means, where there is little room.
func (m *GroupMember) short(g *GroupRun) string {
	var flags []string
	if g.Late(m.Answer.RTT) {
		flags = append(flags, "late")
	}
	if m.Nth > 1 {
		flags = append(flags, fmt.Sprintf("#%d", m.Nth))
	}
	if m.copies > 0 {
		flags = append(flags, fmt.Sprintf("dup×%d", m.copies))
	}
	if m.Text == "" && g.expected > 0 {
		flags = append(flags, "other")
	}
	return strings.Join(flags, " ")
}

// GroupTip says of a row what it has no room for.
func (w *Workbench) GroupTip(g *GroupRun, row int) string {
	m := w.GroupMember(g, row)
	if m == nil {
		return ""
	}
	r := w.GroupAnswerRow(g, row)
	lines := []string{r.Member}
	if m.To.IsValid() {
		lines = append(lines, "coap://"+discovery.EndpointText(m.To))
	}
	switch {
	case m.State == MemberAnswered:
		lines = append(lines, m.Answer.Message.Code.String()+" after "+r.Time, r.Value)
		if r.Flags != "" {
			lines = append(lines, r.Flags)
		}
		if m.Answer.Note != "" {
			lines = append(lines, m.Answer.Note)
		}
	case m.State == MemberSilent && g.Multicast:
		lines = append(lines, "no answer in time: the request or the answer may be lost, as nobody acknowledges multicast,", "or it has nothing to say (RFC 7252 §8.2)")
	case m.Answer != nil && m.Answer.Err != nil:
		lines = append(lines, m.Answer.Err.Error())
	default:
		lines = append(lines, r.Value)
	}
	return strings.Join(lines, "\n")
}

// SelectMember selects a row of the table, and the packet that brought its answer: of one without an answer the request.
func (w *Workbench) SelectMember(g *GroupRun, row int) {
	m := w.GroupMember(g, row)
	g.Selected = m
	w.Changed(PartAnswer)
	if m == nil || m.Answer == nil {
		return
	}
	if s := m.Answer.Received; s != 0 {
		w.selectLive(s)
	} else if s := m.Answer.Sent; s != 0 {
		w.selectLive(s)
	}
}

// OpenMember shows the answer of a member in full; nil for the table again.
func (w *Workbench) OpenMember(g *GroupRun, m *GroupMember) {
	t := w.Tab()
	if t.Group != g || m != nil && (m.Answer == nil || m.Fetching) {
		return
	}
	g.Opened = m
	if m == nil {
		t.Answer = nil
	} else {
		g.Selected = m
		t.Answer, t.answers = m.Answer, t.what
	}
	w.Changed(PartAnswer)
}

// StepMember shows the next answer in full, or with a negative step the one before.
func (w *Workbench) StepMember(g *GroupRun, step int) {
	for row := w.GroupRowOf(g, g.Opened) + step; row >= 0 && row < g.Len(); row += step {
		if m := w.GroupMember(g, row); m.Answer != nil && !m.Fetching {
			w.OpenMember(g, m)
			w.SelectMember(g, row)
			return
		}
	}
}

// OpenedText says whose answer is shown in full: "2 of 6: kitchen".
func (w *Workbench) OpenedText(g *GroupRun) string {
	return fmt.Sprintf("%s of %s: %s", Grouped(w.GroupRowOf(g, g.Opened)+1), Grouped(g.Len()), w.memberName(g.Opened))
}

// AskMember opens a tab that asks a member alone.
func (w *Workbench) AskMember(m *GroupMember) {
	if !m.To.IsValid() {
		return
	}
	d := w.Tab().Draft.Clone()
	root := protocol.URI{Scheme: protocol.CoAP, Host: m.To.Addr().String(), Port: m.To.Port()}
	d.Group, d.Address, d.Raw = "", strings.TrimSuffix(root.String(), "/")+draft.PathText(d.Address), ""
	w.NewTab().Draft = d
	w.Changed(PartBar | PartTabs | PartDraft)
}

// MissingText names the members without an answer.
func (w *Workbench) MissingText(g *GroupRun) string { return g.Missing(w.memberName) }

// groupTitles are the columns of the table as other programs read it.
var groupTitles = []string{"member", "endpoint", "time_ms", "code", "value", "payload", "bytes", "duplicates", "notes"}

// GroupCSV writes the table as CSV, a row a member. It is a copy as of now, so that it can be written on another goroutine.
func (w *Workbench) GroupCSV(g *GroupRun) func(io.Writer) error {
	rows := [][]string{groupTitles}
	for i := range g.Len() {
		m, r := w.GroupMember(g, i), w.GroupAnswerRow(g, i)
		row := make([]string, len(groupTitles))
		row[0], row[8] = guarded(r.Member), guarded(r.Value)
		if m.To.IsValid() {
			row[1] = m.To.String()
		}
		if m.State == MemberAnswered {
			a := m.Answer
			row[2] = strconv.FormatFloat(float64(a.RTT)/float64(time.Millisecond), 'f', 3, 64)
			row[3], row[4], row[5] = a.Message.Code.Dotted(), guarded(r.Value), guarded(payloadText(a.Message.Payload))
			row[6], row[7], row[8] = strconv.Itoa(len(a.Message.Payload)), strconv.Itoa(m.copies), guarded(r.Flags)
		}
		rows = append(rows, row)
	}
	return func(to io.Writer) error {
		table := csv.NewWriter(to)
		return table.WriteAll(rows)
	}
}

// payloadText writes a payload as text, or in hex where it is none.
func payloadText(b []byte) string {
	if utf8.Valid(b) && !strings.ContainsFunc(string(b), func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' }) {
		return string(b)
	}
	return hex.EncodeToString(b)
}

// GroupText gives the table as text: what came of all, and a line a member.
func (w *Workbench) GroupText(g *GroupRun) string {
	var b strings.Builder
	text, _ := g.Headline()
	b.WriteString(text)
	for _, o := range g.Outcomes() {
		b.WriteString(" · " + o.Text)
	}
	b.WriteByte('\n')
	for i := range g.Len() {
		r := w.GroupAnswerRow(g, i)
		fields := []string{r.Member, r.Time, r.Code, strings.NewReplacer("\n", " ", "\t", " ").Replace(r.Value), r.Size, r.Flags}
		b.WriteString(strings.TrimRight(strings.Join(fields, "\t"), "\t") + "\n")
	}
	return b.String()
}

// maxShort is how long a value in the table may be, in bytes.
const maxShort = 60

// shortValue renders a payload in short, as the tree does.
func shortValue(m *protocol.Message) string {
	format := -1
	if f, ok := m.ContentFormat(); ok {
		format = int(f)
	}
	if len(m.Payload) == 0 {
		return ""
	}
	if m.Code.Class() == 2 {
		if number, unit, ok := payload.Number(format, m.Payload); ok {
			return strings.TrimSpace(FormatNumber(number) + " " + unit)
		}
	}
	if format == int(protocol.TextPlain) || format < 0 {
		text := strings.TrimSpace(string(m.Payload[:min(len(m.Payload), maxShort+1)]))
		if text != "" && len(text) <= maxShort && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return text
		}
	}
	return payload.Summary(format, m.Payload)
}

// groupCount says how many of a group answered: "5/6", or "5 answers" where nobody knows how many there are.
func groupCount(answers, members int) string {
	if members == 0 {
		return count(answers, "answer", "answers")
	}
	return Grouped(answers) + "/" + Grouped(members)
}
