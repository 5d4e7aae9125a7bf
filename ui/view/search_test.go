package view_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/ui/view"
)

// onLoopback has a desk search on loopback alone, for which the plan is the same on every machine.
func onLoopback(t *testing.T) (*desk, *view.SearchForm) {
	d := sitDown(t)
	d.ChooseInterfaces(loopbackName(t))
	return d, view.NewSearchForm(d.Workbench)
}

func planText(t *testing.T, f *view.SearchForm) string {
	t.Helper()
	p, err := f.Plan()
	if err != nil {
		return "✖ " + err.Error()
	}
	var b strings.Builder
	for _, r := range view.PlanRows(p) {
		b.WriteString(strings.Join([]string{r.From, r.To, r.HopLimit, r.Scope, r.Times, r.Bytes}, " | ") + "\n")
	}
	return b.String() + view.PlanSummary(p)
}

func TestPlanIsShown(t *testing.T) {
	_, f := onLoopback(t)
	lo := loopbackName(t)
	group4 := protocol.AllNodesIPv4
	f.ToggleGroup(protocol.AllNodesIPv6LinkLocal) // which a machine without IPv6 has not
	want := lo + " | 224.0.1.187:5683 | 1 | link | 3 × | 25 B\n3 datagrams in 9.0 s, 75 B without headers"
	if got := planText(t, f); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	f.Set(view.SearchPorts, "5683, 61616")
	f.Set(view.SearchFilters, "rt=a*  if=b")
	f.Set(view.SearchHopLimit, "4")
	f.Set(view.SearchRounds, "2")
	f.Set(view.SearchLeisure, "1.5 s")
	want = lo + " | 224.0.1.187:5683 | 4 | beyond the link | 2 × | 36 B\n" + lo + " | 224.0.1.187:61616 | 4 | beyond the link | 2 × | 36 B\n" +
		"4 datagrams in 4.0 s, 144 B without headers"
	if got := planText(t, f); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	p, _ := f.Plan()
	if got := view.PlanWarning(p); !strings.HasPrefix(got, "4 datagrams may leave the link (beyond the link)") {
		t.Errorf("warned is %q", got)
	}
	words := view.PlanWords(p)
	if len(words) != 2 || !strings.HasPrefix(words[0], "Groups: NON GET /.well-known/core?rt=a*&if=b, with a token of 4 bytes, 2 rounds, one every 1.5 s; then 2.5 s") {
		t.Errorf("said is %q", words)
	}
	if groups := f.Groups(); !groups[0].On || !groups[0].Wide || groups[0].Scope != "as far as 4 links" || groups[1].On || groups[3].Scope != "the site, across its routers" {
		t.Errorf("groups %+v", groups)
	}
	// Nothing is left to be asked.
	f.ToggleGroup(group4)
	if got := planText(t, f); !strings.Contains(got, "none of the interfaces chosen leads to a link") {
		t.Errorf("of DNS-SD on loopback: %q", got)
	}
	f.ToggleDNSSD()
	if got := planText(t, f); !strings.Contains(got, "nothing is chosen to be asked") {
		t.Errorf("of nothing: %q", got)
	}
	f.Set(view.SearchOtherGroups, "[ff05::1234], 239.1.2.3")
	if got := planText(t, f); !strings.Contains(got, "239.1.2.3:5683 | 4 | beyond the link") {
		t.Errorf("of others:\n%s", got)
	}
	if f.Usual() {
		t.Error("all of that is usual")
	}
	f.Reset()
	if !f.Usual() || f.Text(view.SearchPorts) != "" || !f.DNSSD() {
		t.Errorf("after a reset it is %+v", f)
	}
}

// With an interface that leads to a network DNS-SD is asked too, on the link.
func TestPlanOfDNSSD(t *testing.T) {
	d := sitDown(t)
	var by *discovery.Interface
	all, err := d.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if !all[i].Loopback && slices.ContainsFunc(all[i].Addresses, netip.Addr.Is4) {
			by = &all[i]
		}
	}
	if by == nil {
		t.Skip("there is only loopback")
	}
	d.ChooseInterfaces(by.Net.Name)
	f := view.NewSearchForm(d.Workbench)
	if got := planText(t, f); !strings.Contains(got, by.Net.Name+" | 224.0.0.251:5353 | 255 | link | 3 × | 157 B\n") {
		t.Errorf("got\n%s", got)
	}
	f.ToggleDNSSD()
	if got := planText(t, f); strings.Contains(got, "5353") {
		t.Errorf("without DNS-SD\n%s", got)
	}
	if d.Engine.Log().Len() != 0 {
		t.Error("something was sent")
	}
}

// What cannot be used is said where it is, and sends nothing; in its place is what is usual, not what was there while it was
// typed.
func TestSearchFormMistakes(t *testing.T) {
	d, f := onLoopback(t)
	f.Set(view.SearchHopLimit, "99")
	f.Set(view.SearchHopLimit, "999")
	if d.Scan.Choice.HopLimit != 0 {
		t.Errorf("the hop limit is %d", d.Scan.Choice.HopLimit)
	}
	f.Set(view.SearchHopLimit, "")
	for _, c := range []struct {
		field      view.SearchField
		text, want string
	}{
		{view.SearchOtherGroups, "224.0.1.x", `"224.0.1.x" is no address`},
		{view.SearchOtherGroups, "192.0.2.1", "not a multicast group"},
		{view.SearchPorts, "5683 0", `port "0"`},
		{view.SearchFilters, "rt", "expected name=value"},
		{view.SearchHopLimit, "256", "1 to 255"},
		{view.SearchRounds, "x", "1 to 20"},
		{view.SearchRounds, "0", "1 to 20"},
		{view.SearchLeisure, "-1", "up to 600"},
		{view.SearchLeisure, "NaN", "up to 600"},
	} {
		before := d.ScanChoiceText()
		f.Set(c.field, c.text)
		if got := f.Problem(c.field); !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
		if _, err := f.Plan(); err == nil || err.Error() != f.Problem(c.field) || d.ScanChoiceText() != before {
			t.Errorf("%q: %v, choice %s", c.text, err, d.ScanChoiceText())
		}
		f.Set(c.field, "")
		if _, err := f.Plan(); err != nil || f.Problem(c.field) != "" {
			t.Errorf("after %q: %v", c.text, err)
		}
	}
}

func TestSearchIsKept(t *testing.T) {
	d, f := onLoopback(t)
	f.ToggleGroup(netip.MustParseAddr("ff05::fd"))
	f.ToggleDNSSD()
	for field, text := range map[view.SearchField]string{
		view.SearchOtherGroups: "239.1.2.3", view.SearchPorts: "5683 61616", view.SearchFilters: "rt=a", view.SearchHopLimit: "3", view.SearchRounds: "2", view.SearchLeisure: "2.5",
	} {
		f.Set(field, text)
	}
	want := d.ScanChoiceText()
	next := sitDown(t)
	next.RestoreScanChoice(want)
	if got := next.ScanChoiceText(); got != want || !strings.Contains(got, "239.1.2.3") {
		t.Errorf("got %s, want %s", got, want)
	}
	g := view.NewSearchForm(next.Workbench)
	if g.Text(view.SearchOtherGroups) != "239.1.2.3" || g.Text(view.SearchLeisure) != "2.5" || g.Text(view.SearchHopLimit) != "3" || g.DNSSD() {
		t.Errorf("the form is %+v", g)
	}
	for _, text := range []string{"", "[]", `{"Ports":"x","HopLimit":-3,"Rounds":99,"Groups":["192.0.2.1"],"Filters":"a"}`} {
		next := sitDown(t)
		next.RestoreScanChoice(text)
		if got := next.ScanChoiceText(); got != "{}" {
			t.Errorf("of %q: %s", text, got)
		}
	}
}
