package view

import (
	"fmt"
	"strconv"

	"coapscope/protocol/dissect"
	"coapscope/session/lint"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// judged is what is wrong with the frames.
type judged struct {
	linter *lint.Linter
	frames int // that were judged
	then   []then
	tree   dissect.Tree

	shown  []uint32 // findings of frames that pass the filter, if there is one
	listed int      // findings that were looked at for shown
	worst  dissect.Severity

	// The frame whose findings were made last, since a list asks for its rows one by one.
	made     trace.Seq
	findings []dissect.Finding
}

// then is what the exchange of a frame was like after the frame, of what changes later and the linter looks at;
// so that it may lag behind.
type then struct{ retransmissions, sequence uint32 }

// remember keeps what the next frame to be fed has made of its exchange.
func (j *judged) remember(t *Traffic, info track.FrameInfo) {
	var now then
	if x, ok := t.tracker.Exchange(info.Exchange); ok {
		now = then{uint32(x.Retransmissions), x.Sequence}
	}
	j.then = append(j.then, now)
}

// judge looks for what is wrong with the next frame.
func (t *Traffic) judge() {
	j := &t.judged
	at := j.then[len(j.then)-(t.fed-j.frames)]
	j.frames++
	if j.frames == t.fed {
		j.then = j.then[:0]
	}
	s := trace.Seq(j.frames)
	f := t.log.At(s)
	if f == nil {
		return
	}
	info := t.tracker.Info(uint64(s))
	x, _ := t.tracker.Exchange(info.Exchange)
	x.Retransmissions, x.Sequence = int(at.retransmissions), at.sequence
	j.tree.DissectFraming(f.Transport.Framing(), f.Data)
	before := j.linter.Len()
	j.linter.Add(observed(f), &j.tree, info, x)
	for i := before; i < j.linter.Len(); i++ {
		e := j.linter.At(i)
		j.worst = max(j.worst, e.Rule.Severity)
		if e.Frame < uint64(s) { // noticed only now
			t.retry(trace.Seq(e.Frame))
		}
		if trace.Seq(e.Frame) == j.made {
			j.made = 0
		}
	}
}

// relist has the findings gone through anew for the filter.
func (t *Traffic) relist() { t.judged.shown, t.judged.listed = nil, 0 }

// toList tells whether list can go on.
func (t *Traffic) toList() bool {
	j := &t.judged
	return t.Filtered() && j.listed < j.linter.Len() && int(j.linter.At(j.listed).Frame) <= t.asked.tried
}

// list goes on finding the findings of frames that pass the filter. It tells whether it got on.
func (t *Traffic) list() bool {
	j := &t.judged
	begin := j.listed
	for n := 0; n < pullFrames && t.toList(); n++ {
		if t.RowOf(trace.Seq(j.linter.At(j.listed).Frame)) >= 0 {
			j.shown = append(j.shown, uint32(j.listed))
		}
		j.listed++
	}
	return j.listed > begin
}

// FindingsLen is the number of findings of all frames that pass the filter.
func (t *Traffic) FindingsLen() int {
	if t.Filtered() {
		return len(t.judged.shown)
	}
	return t.judged.linter.Len()
}

// FindingsTotal is the number of findings, whatever the filter.
func (t *Traffic) FindingsTotal() int { return t.judged.linter.Len() }

// FindingsConcept gives the colour of the worst finding.
func (t *Traffic) FindingsConcept() Concept {
	if t.judged.linter.Len() == 0 {
		return Dim
	}
	return SeverityConcept(t.judged.worst)
}

// Unjudged is how many frames have still to be looked at for what is wrong with them.
func (t *Traffic) Unjudged() int { return t.fed - t.judged.frames }

// FindingsLeftOut is the number of findings that are not kept, because there are too many.
func (t *Traffic) FindingsLeftOut() int { return int(t.judged.linter.LeftOut()) }

// TrafficFinding is a row of the list of findings.
type TrafficFinding struct {
	Seq       trace.Seq
	Rule      string // its ID
	Sign      string
	Severity  string
	Concept   Concept
	Number    string // of the frame
	Time      string
	Peer      string
	Title     string
	Actual    string
	Reference string

	Place int // among the findings of the frame, as the inspector has them
}

func (t *Traffic) finding(row int) lint.Entry {
	if row < 0 || row >= t.FindingsLen() {
		return lint.Entry{}
	}
	if t.Filtered() {
		row = int(t.judged.shown[row])
	}
	return t.judged.linter.At(row)
}

// FindingFrame gives the frame of a row of the findings; 0 for none.
func (t *Traffic) FindingFrame(row int) trace.Seq { return trace.Seq(t.finding(row).Frame) }

// Finding gives a row of the findings. It is made when it is drawn.
func (t *Traffic) Finding(row int) TrafficFinding {
	e := t.finding(row)
	f := t.log.At(trace.Seq(e.Frame))
	switch {
	case f == nil && t.dropped(trace.Seq(e.Frame)):
		return TrafficFinding{
			Seq: trace.Seq(e.Frame), Rule: e.Rule.ID, Sign: SeveritySign(e.Rule.Severity), Severity: e.Rule.Severity.String(), Concept: SeverityConcept(e.Rule.Severity),
			Number: strconv.FormatUint(e.Frame, 10), Title: e.Rule.Title, Actual: droppedText, Reference: e.Rule.Reference, Place: -1,
		}
	case f == nil:
		return TrafficFinding{}
	}
	peer, _ := t.peer(f, t.tracker.Info(e.Frame))
	r := TrafficFinding{
		Seq: f.Seq, Rule: e.Rule.ID, Sign: SeveritySign(e.Rule.Severity), Severity: e.Rule.Severity.String(), Concept: SeverityConcept(e.Rule.Severity),
		Number: strconv.FormatUint(e.Frame, 10), Time: strconv.FormatFloat(f.Time.Sub(t.begin).Seconds(), 'f', 3, 64),
		Peer: t.name(peer), Title: e.Rule.Title, Reference: e.Rule.Reference, Place: -1,
	}
	// A rule may be broken several times: the findings of a frame have the same order in both lists.
	nth := 0
	for i := row - 1; i >= 0; i-- {
		if other := t.finding(i); other.Frame != e.Frame {
			break
		} else if other.Rule == e.Rule {
			nth++
		}
	}
	for i, g := range t.findingsOf(f) {
		if g.Rule == e.Rule || g.Rule.ID == e.Rule.ID {
			r.Actual, r.Place = g.Actual, i
			if nth == 0 {
				break
			}
			nth--
		}
	}
	return r
}

// findingsOf gives the findings of a frame: those by itself, then those from what went before.
func (t *Traffic) findingsOf(f *trace.Frame) []dissect.Finding {
	j := &t.judged
	if j.made != f.Seq {
		tree := dissect.DissectNamed(t.asked.names, f.Transport.Framing(), f.Data)
		j.findings = append(append(j.findings[:0], tree.Findings...), j.linter.Findings(uint64(f.Seq), tree)...)
		j.made = f.Seq
	}
	return j.findings
}

// History gives what is wrong with a frame because of what went before it.
func (t *Traffic) History(s trace.Seq, tree *dissect.Tree) []dissect.Finding {
	return t.judged.linter.Findings(uint64(s), tree)
}

// SelectFinding shows the frame of a row of the findings, and what the finding is about.
func (w *Workbench) SelectFinding(row int) {
	r := w.Traffic.Finding(row)
	if r.Seq == 0 {
		return
	}
	w.SelectFrame(r.Seq)
	if !w.Inspector.Editing() && r.Place >= 0 && r.Place < w.Inspector.FindingCount() {
		w.Inspector.SelectFinding(r.Place)
	}
	w.Changed(PartInspector)
}

// CopyFinding gives a row of the findings in a line.
func (t *Traffic) CopyFinding(row int) string {
	r := t.Finding(row)
	if r.Seq == 0 {
		return ""
	}
	return fmt.Sprintf("%s #%s %s %s: %s. Actual: %s. %s", r.Severity, r.Number, r.Time, r.Peer, r.Title, r.Actual, r.Reference)
}

// FrameHex gives the bytes of a row's frame in hexadecimal.
func (t *Traffic) FrameHex(row int) string {
	if f := t.log.At(t.Seq(row)); f != nil {
		return fmt.Sprintf("%x", f.Data)
	}
	return ""
}

// RowFilter is an expression that a row gives rise to.
type RowFilter struct{ What, Expr string }

// RowFilters gives expressions that ask for what is like a row.
func (t *Traffic) RowFilters(row int) (asks []RowFilter) {
	f := t.log.At(t.Seq(row))
	if f == nil {
		return nil
	}
	info := t.tracker.Info(uint64(f.Seq))
	if info.Exchange != 0 {
		asks = append(asks, RowFilter{"this exchange", "exchange == " + strconv.FormatUint(uint64(info.Exchange), 10)})
	}
	peer, _ := t.peer(f, info)
	asks = append(asks, RowFilter{"packets of " + t.name(peer), "peer == " + peer.String()})
	if x, ok := t.tracker.Exchange(info.Exchange); ok && x.Path != "" {
		asks = append(asks, RowFilter{"packets of " + x.Path, "path == " + strconv.Quote(x.Path)})
	}
	return asks
}
