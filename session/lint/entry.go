package lint

import "coapscope/protocol/dissect"

// Entry is a finding in short.
type Entry struct {
	Frame   uint64
	Rule    *dissect.Rule
	Related uint64 // the frame that makes it wrong, such as the request; 0 for none
	History bool   // it needed what went before; otherwise it is in the Findings of the frame's Tree
}

// maxEntries bounds the memory for findings.
const maxEntries = 1 << 20

// entry is an Entry in a form fit for a million. What a and b stand for is in the texts of the rule.
type entry struct {
	frame   uint64
	rule    *dissect.Rule
	related uint64
	a, b    uint64
	next    uint32 // the frame's next entry and one more
	own     ruleID // 0 for a finding of package dissect
}

// marks is what there is of a frame.
type marks struct {
	first, last uint32 // entries and one more
	worst       dissect.Severity
}

// entries are all findings in the order in which they were noticed.
type entries struct {
	chunks  []*[entryChunk]entry
	length  int
	leftOut uint64
	frames  map[uint64]marks
}

const entryChunk = 1024

func (e *entries) at(i int) *entry { return &e.chunks[i/entryChunk][i%entryChunk] }

func (e *entries) add(v entry) {
	if e.length >= maxEntries {
		e.leftOut++
		return
	}
	if e.length == len(e.chunks)*entryChunk {
		e.chunks = append(e.chunks, new([entryChunk]entry))
	}
	*e.at(e.length) = v
	e.length++
	n := uint32(e.length)
	m, before := e.frames[v.frame]
	if before {
		e.at(int(m.last) - 1).next = n
		m.worst = max(m.worst, v.rule.Severity)
	} else {
		m.first, m.worst = n, v.rule.Severity
	}
	m.last = n
	e.frames[v.frame] = m
}

// Len is the number of findings of all frames.
func (l *Linter) Len() int { return l.found.length }

// At gives a finding, from 0, in the order in which they were noticed. That is the order of frames, but for the
// few that show only later, such as the missing answer to a Confirmable response.
func (l *Linter) At(i int) Entry {
	if i < 0 || i >= l.found.length {
		return Entry{}
	}
	e := l.found.at(i)
	return Entry{e.frame, e.rule, e.related, e.own != 0}
}

// LeftOut is the number of findings that were not kept, because there are too many.
func (l *Linter) LeftOut() uint64 { return l.found.leftOut }

// AppendRules appends the rules that a frame breaks, in the order in which that was noticed.
func (l *Linter) AppendRules(rules []*dissect.Rule, frame uint64) []*dissect.Rule {
	for n := l.found.frames[frame].first; n != 0; {
		e := l.found.at(int(n) - 1)
		rules, n = append(rules, e.rule), e.next
	}
	return rules
}

// Worst gives the highest severity among the findings of a frame, and false where there are none.
func (l *Linter) Worst(frame uint64) (dissect.Severity, bool) {
	m, ok := l.found.frames[frame]
	return m.worst, ok
}
