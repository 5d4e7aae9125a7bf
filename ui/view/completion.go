package view

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"coapscope/discovery"
)

// Candidate is an address that can be meant by what is typed into the address bar.
type Candidate struct {
	Address string // a URI, as it is put into the address
	Name    string // of the device, or whatever it belongs to
	Title   string // of the resource; may be empty
}

// CandidateSource gives candidates, in the order in which they stand where nothing else decides. It is asked anew for each letter
// that is typed, on the window's goroutine, and must answer from memory.
type CandidateSource func() iter.Seq[Candidate]

// Completion knows how an address can go on.
type Completion struct{ sources []CandidateSource }

// AddSource adds a source behind the others.
func (c *Completion) AddSource(s CandidateSource) { c.sources = append(c.sources, s) }

// Completed is a candidate that fits what is typed.
type Completed struct {
	Candidate
	Marks []int // letters of Address that were typed, as runes
	score int
}

// completions is how many candidates are given at most.
const completions = 50

// Complete gives the candidates for a text, the best first: those that go on with it as it stands, then those that have all of its
// words in their path, title, name or host. An address that stands there already is not among them.
func (c *Completion) Complete(text string) []Completed {
	text = strings.TrimSpace(text)
	if c == nil || text == "" {
		return nil
	}
	var found []Completed
	seen := map[string]bool{text: true}
	for _, source := range c.sources {
		for candidate := range source() {
			if seen[candidate.Address] {
				continue
			}
			if score, marks, ok := completes(text, &candidate); ok {
				seen[candidate.Address] = true
				found = append(found, Completed{candidate, marks, score})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Completed) int { return cmp.Compare(b.score, a.score) })
	return found[:min(len(found), completions)]
}

// Points of candidates, beside which those of [Fuzzy] are few.
const (
	goesOn  = 30_000 // the text is how the address begins
	inPath  = 600
	inTitle = 300
	inName  = 200
)

// completes tells how well a candidate fits a text.
func completes(text string, c *Candidate) (score int, marks []int, ok bool) {
	lower, address := strings.ToLower(text), strings.ToLower(c.Address)
	for _, skipped := range []string{"", "coap://"} {
		rest, after := strings.CutPrefix(address, skipped)
		if after && strings.HasPrefix(rest, lower) {
			for i := range []rune(lower) {
				marks = append(marks, len(skipped)+i)
			}
			return goesOn - min(len(address), goesOn/2), marks, true // shorter ones are nearer
		}
	}
	if strings.Contains(lower, "://") { // an address that begins otherwise
		return 0, nil, false
	}
	path := c.Address
	if _, rest, absolute := strings.Cut(path, "://"); absolute {
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			path = rest[slash:]
		}
	}
	before := len([]rune(c.Address)) - len([]rune(path))
	for word := range strings.FieldsSeq(lower) {
		has := func(in string, points int) bool {
			if !strings.Contains(strings.ToLower(in), word) {
				return false
			}
			more, at, _ := Fuzzy(word, in)
			score += points + more
			if points == inPath {
				for _, m := range at {
					marks = append(marks, before+m)
				}
			}
			return true
		}
		if !has(path, inPath) && !has(c.Title, inTitle) && !has(c.Name, inName) && !has(c.Address, 0) {
			return 0, nil, false
		}
	}
	slices.Sort(marks)
	return score, slices.Compact(marks), true
}

// resourcesOf gives the resources of a device in the order of their tree.
func resourcesOf(t *discovery.Tree) iter.Seq[*discovery.Node] {
	return func(yield func(*discovery.Node) bool) {
		var walk func(n *discovery.Node) bool
		walk = func(n *discovery.Node) bool {
			if n.IsResource() && !yield(n) {
				return false
			}
			return !slices.ContainsFunc(n.Children, func(c *discovery.Node) bool { return !walk(c) })
		}
		if t == nil || !walk(t.Root) {
			return
		}
		for _, n := range t.Elsewhere {
			if !walk(n) {
				return
			}
		}
	}
}

// discovered gives the resources of all devices as candidates.
func (w *Workbench) discovered() iter.Seq[Candidate] {
	return func(yield func(Candidate) bool) {
		for _, d := range w.known.All() {
			for n := range resourcesOf(d.Tree) {
				address := n.ID
				if strings.HasPrefix(address, "/") {
					address = "coap://" + discovery.EndpointText(d.Endpoint) + address
				}
				if !yield(Candidate{address, d.Name, n.Title()}) {
					return
				}
			}
		}
	}
}

// recalled is how far back in the history an address is looked for: as one types, it has to answer at once.
const recalled = 1000

// askedBefore gives what was asked for lately, the newest first.
func (w *Workbench) askedBefore() iter.Seq[Candidate] {
	return func(yield func(Candidate) bool) {
		if w.store == nil {
			return
		}
		for i := range recalled {
			row, ok := w.store.History.Row(i)
			if !ok {
				return
			}
			if strings.Contains(row.URI, "://") && !yield(Candidate{Address: row.URI}) { // members of a group have no address
				return
			}
		}
	}
}
