package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// SearchField is something of a search that is written or chosen.
type SearchField uint8

// The fields.
const (
	SearchInterfaces SearchField = iota
	SearchGroups
	SearchOtherGroups // written, separated by blanks
	SearchPorts
	SearchFilters
	SearchHopLimit
	SearchRounds
	SearchLeisure

	searchFields
)

// SearchForm is where a search is chosen, with what it would send. What is written and can be used is the choice of Discover,
// at once. In place of what cannot is what is usual, and the form gives no plan.
type SearchForm struct {
	bench    *Workbench
	texts    [searchFields]string
	problems [searchFields]string
	none     bool // the user has taken all interfaces away
}

// NewSearchForm makes the form of what is chosen.
func NewSearchForm(w *Workbench) *SearchForm {
	f := &SearchForm{bench: w}
	c := w.Scan.Choice
	var others []string
	for _, g := range c.Groups {
		if !slices.Contains(discovery.AllCoAPNodes(), g) {
			others = append(others, g.String())
		}
	}
	f.texts[SearchOtherGroups] = strings.Join(others, " ")
	f.texts[SearchPorts], f.texts[SearchFilters] = c.Ports, c.Filters
	if c.HopLimit > 0 {
		f.texts[SearchHopLimit] = strconv.Itoa(c.HopLimit)
	}
	if c.Rounds > 0 {
		f.texts[SearchRounds] = strconv.Itoa(c.Rounds)
	}
	if c.Leisure.Time > 0 {
		f.texts[SearchLeisure] = strconv.FormatFloat(c.Leisure.Time.Seconds(), 'g', -1, 64)
	}
	return f
}

// Text gives what is written in a field.
func (f *SearchForm) Text(field SearchField) string { return f.texts[field] }

// Problem says why a field cannot be used; "" where it can.
func (f *SearchForm) Problem(field SearchField) string { return f.problems[field] }

// Set takes what was written into a field.
func (f *SearchForm) Set(field SearchField, text string) {
	f.texts[field] = text
	c, err := &f.bench.Scan.Choice, error(nil)
	text = strings.TrimSpace(text)
	switch field {
	case SearchOtherGroups:
		var others []netip.Addr
		others, err = parseGroups(text)
		f.setGroups(append(f.known(), others...))
	case SearchPorts:
		if _, err = (ScanChoice{Ports: text}).search(nil); err != nil {
			text = ""
		}
		c.Ports = text
	case SearchFilters:
		for _, filter := range strings.Fields(text) {
			if _, bad := linkformat.ParseFilter(filter); bad != nil && err == nil {
				err = bad
			}
		}
		if err != nil {
			text = ""
		}
		c.Filters = text
	case SearchHopLimit:
		err = wholeNumber(text, 255, "links that a request may cross", &c.HopLimit)
	case SearchRounds:
		err = wholeNumber(text, 20, "rounds", &c.Rounds)
	case SearchLeisure:
		c.Leisure.Time, err = parseLeisure(text)
	}
	f.problems[field] = ""
	if err != nil {
		f.problems[field] = err.Error()
	}
	f.changed()
}

// changed notes that another plan was chosen: what was asked about one before is not asked any more.
func (f *SearchForm) changed() {
	f.bench.Scan.Asking = nil
	f.bench.Changed(PartBar | PartStatus | PartDevices)
}

// ToggleInterface has an interface be searched by, or not any more.
func (f *SearchForm) ToggleInterface(name string) {
	on, err := f.bench.ScanInterfaces()
	switch {
	case f.none:
		f.bench.ChooseInterfaces(name)
		f.none = false
	case err == nil && len(on) == 1 && on[0].Net.Name == name:
		f.none = true // which is no choice, as there would be nothing to search
	default:
		f.bench.ToggleInterface(name)
	}
	f.changed()
}

// wholeNumber reads a whole number from 1 on; nothing is 0, which stands for what is usual.
func wholeNumber(text string, most int, of string, to *int) error {
	if *to = 0; text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return fmt.Errorf("%q: write how many %s, 1 to %d, or nothing", text, of, most)
	}
	*to = n
	return nil
}

func parseLeisure(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "s")), 64)
	if !(err == nil && seconds > 0 && seconds <= 600) {
		return 0, fmt.Errorf("%q: write seconds, up to 600, or nothing for %s (RFC 7252 §8.2)", text, Seconds(discovery.Leisure{}.Duration()))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

func parseGroups(text string) (groups []netip.Addr, err error) {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		g, err := netip.ParseAddr(strings.Trim(word, "[]"))
		if err != nil {
			return nil, fmt.Errorf("%q is no address; write a group such as 224.0.1.187 or ff05::1234", word)
		}
		if err := discovery.CheckGroup(g); err != nil {
			return nil, err
		}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// InterfaceChoice is an interface that can be searched by.
type InterfaceChoice struct {
	Name      string
	Addresses string
	On        bool
	Loopback  bool
}

// Interfaces gives those that there are.
func (f *SearchForm) Interfaces() ([]InterfaceChoice, error) {
	all, err := f.bench.Interfaces()
	if err != nil {
		return nil, err
	}
	chosen, _ := f.bench.ScanInterfaces()
	choices := make([]InterfaceChoice, len(all))
	for i, in := range all {
		var addresses []string
		for _, a := range in.Addresses {
			addresses = append(addresses, a.WithZone("").String())
		}
		choices[i] = InterfaceChoice{
			in.Net.Name, strings.Join(addresses, "  "),
			!f.none && slices.ContainsFunc(chosen, func(c discovery.Interface) bool { return c.Net.Name == in.Net.Name }), in.Loopback,
		}
	}
	return choices, nil
}

// UsualInterfaces tells whether nothing was chosen, so that all are searched by that lead to a network, or the lab's.
func (f *SearchForm) UsualInterfaces() bool { return len(f.bench.Scan.Choice.Interfaces) == 0 }

// GroupChoice is a group that can be asked.
type GroupChoice struct {
	Group netip.Addr
	Scope string // in words
	Wide  bool
	On    bool
}

// Groups gives the groups of all CoAP nodes.
func (f *SearchForm) Groups() (choices []GroupChoice) {
	on := f.groups()
	for _, g := range discovery.AllCoAPNodes() {
		hops := max(1, f.bench.Scan.Choice.HopLimit)
		scope := discovery.ScopeOf(g, hops)
		words := map[discovery.Scope]string{
			discovery.ScopeLink: "the link", discovery.ScopeRealm: "the realm: a mesh, such as Thread", discovery.ScopeSite: "the site, across its routers",
			discovery.ScopeRouted: fmt.Sprintf("as far as %d links", hops),
		}[scope]
		choices = append(choices, GroupChoice{g, words, scope.Wide(), slices.Contains(on, g)})
	}
	return choices
}

// groups gives all that are asked.
func (f *SearchForm) groups() []netip.Addr {
	c := &f.bench.Scan.Choice
	switch {
	case c.NoGroups:
		return nil
	case len(c.Groups) == 0:
		return discovery.AllCoAPNodes()[:2]
	}
	return c.Groups
}

// known gives those that are asked and are of all CoAP nodes.
func (f *SearchForm) known() []netip.Addr {
	return slices.DeleteFunc(slices.Clone(f.groups()), func(g netip.Addr) bool { return !slices.Contains(discovery.AllCoAPNodes(), g) })
}

func (f *SearchForm) setGroups(groups []netip.Addr) {
	c := &f.bench.Scan.Choice
	c.Groups, c.NoGroups = groups, len(groups) == 0
	if slices.Equal(groups, discovery.AllCoAPNodes()[:2]) {
		c.Groups = nil // what is usual stays that, whatever it comes to be
	}
}

// ToggleGroup has a group be asked, or not any more.
func (f *SearchForm) ToggleGroup(group netip.Addr) {
	on := f.groups()
	var groups []netip.Addr
	for _, g := range discovery.AllCoAPNodes() { // in their order
		if slices.Contains(on, g) != (g == group) {
			groups = append(groups, g)
		}
	}
	others, _ := parseGroups(f.texts[SearchOtherGroups])
	f.setGroups(append(groups, others...))
	f.changed()
}

// DNSSD tells whether DNS-SD is asked.
func (f *SearchForm) DNSSD() bool { return !f.bench.Scan.Choice.NoDNSSD }

// ToggleDNSSD has DNS-SD be asked, or not any more.
func (f *SearchForm) ToggleDNSSD() {
	f.bench.Scan.Choice.NoDNSSD = !f.bench.Scan.Choice.NoDNSSD
	f.changed()
}

// Reset goes back to the search of one click.
func (f *SearchForm) Reset() {
	f.bench.Scan.Choice = ScanChoice{}
	*f = *NewSearchForm(f.bench)
	f.changed()
}

// Usual tells whether nothing is chosen.
func (f *SearchForm) Usual() bool {
	for field := range searchFields {
		if f.texts[field] != "" {
			return false
		}
	}
	c := f.bench.Scan.Choice
	return !f.none && len(c.Interfaces) == 0 && len(c.Groups) == 0 && !c.NoGroups && !c.NoDNSSD
}

// Plan gives what a search would send. The error says what is to be mended first.
func (f *SearchForm) Plan() (discovery.Plan, error) {
	for field := range searchFields {
		if f.problems[field] != "" {
			return discovery.Plan{}, errors.New(f.problems[field])
		}
	}
	if f.none {
		return discovery.Plan{}, errors.New("choose an interface to search by")
	}
	return f.bench.PlanScan()
}

// ScanChoiceText gives the choice as it is kept between runs.
func (w *Workbench) ScanChoiceText() string {
	text, err := json.Marshal(w.Scan.Choice)
	if err != nil {
		return ""
	}
	return string(text)
}

// RestoreScanChoice takes what [Workbench.ScanChoiceText] gave in an earlier run, as far as it can be used still.
func (w *Workbench) RestoreScanChoice(text string) {
	var c ScanChoice
	if json.Unmarshal([]byte(text), &c) != nil {
		return
	}
	groups := slices.DeleteFunc(c.Groups, func(g netip.Addr) bool { return discovery.CheckGroup(g) != nil })
	w.Scan.Choice = ScanChoice{Interfaces: c.Interfaces, Groups: groups, NoGroups: c.NoGroups, NoDNSSD: c.NoDNSSD}
	f := NewSearchForm(w) // which takes no more than can be used
	f.Set(SearchPorts, c.Ports)
	f.Set(SearchFilters, c.Filters)
	for field, n := range map[SearchField]int{SearchHopLimit: c.HopLimit, SearchRounds: c.Rounds} {
		if n != 0 {
			f.Set(field, strconv.Itoa(n))
		}
	}
	if c.Leisure.Time > 0 {
		f.Set(SearchLeisure, strconv.FormatFloat(c.Leisure.Time.Seconds(), 'f', -1, 64))
	}
}

// SearchPlaceholder says what an empty field stands for.
func SearchPlaceholder(field SearchField) string {
	return [searchFields]string{
		SearchOtherGroups: "ff05::1234 239.1.2.3",
		SearchPorts:       strconv.Itoa(protocol.Port),
		SearchFilters:     "rt=temperature*  if=core.s  ct=60",
		SearchHopLimit:    "1; 8 for realm and site",
		SearchRounds:      strconv.Itoa(discovery.DefaultRounds),
		SearchLeisure:     Seconds(discovery.Leisure{}.Duration()),
	}[field]
}
