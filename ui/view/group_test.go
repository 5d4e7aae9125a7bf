package view_test

import (
	"bytes"
	"encoding/csv"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
	"coapscope/ui/view"
)

// group saves a group.
func (d *desk) group(g keep.Group) {
	d.t.Helper()
	if err := d.SaveGroup(g, ""); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) rows() (rows []view.GroupAnswerRow) {
	g := d.Tab().Group
	if g == nil {
		d.t.Fatal("no group was asked")
	}
	for i := range g.Len() {
		rows = append(rows, d.GroupAnswerRow(g, i))
	}
	return rows
}

// All devices of the lab answer a multicast request; one that is expected does not, and is named; one that is not
// expected is marked, and can be made a member.
func TestGroupByMulticast(t *testing.T) {
	d := sitDown(t)
	group := d.lab.MulticastAddr()
	if !group.IsValid() {
		t.Skip("no multicast on loopback here")
	}
	var members []string
	for _, info := range d.lab.Devices() {
		members = append(members, info.Addr.String())
	}
	const missing = "127.0.0.1:9"
	d.group(keep.Group{Name: "Lab", Multicast: group, Interfaces: []string{"lo"}, Members: append(slices.Clone(members[1:]), missing)})
	d.OpenGroup("Lab")
	tab := d.Tab()
	if tab.Draft.Group != "Lab" || tab.Draft.Address != "/.well-known/core" || tab.State != view.TabIdle || d.Traffic.Total() != 0 {
		t.Fatalf("a click on a group sends nothing: %+v", tab.Draft)
	}
	tab.Draft.Timeout = "400ms"
	d.Send()
	if len(tab.Problems) > 0 {
		t.Fatal(tab.Problems)
	}
	d.until("the end", d.idle)
	g := tab.Group
	s := g.Sum()
	if s.Expected != len(members) || s.Answered != len(members)-1 || s.Others != 1 || s.Silent != 1 {
		t.Errorf("%+v of %d devices\n%s", s, len(members), d.GroupText(g))
	}
	if text, _ := g.Headline(); !strings.Contains(text, "of") {
		t.Errorf("headline %q", text)
	}
	if text := d.MissingText(g); text != "no answer of "+missing {
		t.Errorf("missing: %q", text)
	}
	rows := d.rows()
	last := rows[len(rows)-1]
	if last.Member != missing || last.Code != "✖" || last.Value != "silent" {
		t.Errorf("the missing one: %+v", last)
	}
	at := slices.IndexFunc(rows, func(r view.GroupAnswerRow) bool { return r.Other })
	if at < 0 || !strings.Contains(rows[at].Flags, "not a member") {
		t.Fatalf("the one that is no member: %d in %+v", at, rows)
	}
	d.AddToGroup("Lab", d.GroupMember(g, at).To)
	if n := len(d.Groups.Find("Lab").Members); n != len(members)+1 || d.rows()[at].Other || g.Sum().Others != 0 {
		t.Errorf("%d members, %+v", n, g.Sum())
	}
	// Answers in blocks are fetched to their end, and shown as one.
	long := 0
	for i := range g.Len() {
		if m := d.GroupMember(g, i); m.Answer != nil && m.State == view.MemberAnswered && strings.Contains(m.Answer.Note, "by unicast") {
			long++
			if n := len(m.Answer.Message.Payload); n <= 64 || m.Answer.Message.Options.Has(protocol.Block2) {
				t.Errorf("%d bytes, %v", n, m.Answer.Message.Options)
			}
		}
	}
	t.Logf("%d answers in blocks of %d\n%s", long, g.Len(), d.GroupText(g))
	// A NON went out, though CON is chosen (RFC 7252 §8.1).
	if f := d.Traffic.Row(0); f.Type != "NON" {
		t.Errorf("the request: %+v", f)
	}
	// A row leads to its packet, and to its answer in full.
	d.SelectMember(g, 0)
	m := d.GroupMember(g, 0)
	if d.SelectedFrame() != m.Answer.Received {
		t.Errorf("packet %d, not %d", d.SelectedFrame(), m.Answer.Received)
	}
	d.OpenMember(g, m)
	if tab.Shown() != m.Answer || g.Opened != m {
		t.Error("the answer is not shown")
	}
	d.StepMember(g, 1)
	if g.Opened != d.GroupMember(g, 1) || !strings.HasPrefix(d.OpenedText(g), "2 of ") {
		t.Errorf("the next one: %s", d.OpenedText(g))
	}
	d.OpenMember(g, nil)
	if tab.Shown() != nil || g.Opened != nil {
		t.Error("the table is not shown")
	}
	// As a table for other programs.
	var b bytes.Buffer
	if err := d.GroupCSV(g)(&b); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(table) != g.Len()+1 || table[1][3] != "2.05" || table[len(table)-1][0] != missing {
		t.Errorf("%v %d rows\n%v", err, len(table), table)
	}
	// The history has the group and the count.
	h := d.History.Latest(1, m.Answer.At)
	if len(h) != 1 || h[0].URI != "coap://"+group.String()+"/.well-known/core" || !strings.Contains(h[0].Code, "/") {
		t.Errorf("history: %+v", h)
	}
	// Another round keeps the one before in the picture, and the order of the table.
	d.SortGroup(g, view.ByMember)
	d.Send()
	d.until("the second round", d.idle)
	if by, _ := tab.Group.Order(); tab.Group == g || by != view.ByMember {
		t.Error("the order is forgotten")
	}
}

// The members of a list are asked one by one: what came of each is seen.
func TestGroupOfMembers(t *testing.T) {
	d := sitDown(t)
	plug, difficult := d.address("plugtest"), "127.0.0.1:9"
	d.group(keep.Group{Name: "List", Members: []string{plug, difficult, "nobody.invalid"}})
	d.OpenGroup("List")
	tab := d.Tab()
	tab.Draft.Address, tab.Draft.Type = "/validate", protocol.Confirmable
	d.Send()
	d.until("the end", d.idle)
	g := tab.Group
	if g == nil || g.Multicast {
		t.Fatalf("%+v %v", g, tab.Problems)
	}
	s := g.Sum()
	if s.Expected != 3 || s.Answered != 1 || s.Failed+s.Silent != 2 {
		t.Errorf("%+v\n%s", s, d.GroupText(g))
	}
	rows := d.rows()
	if rows[0].Code != "2.05" || rows[0].Value != "Validate me." {
		t.Errorf("%+v", rows[0])
	}
	if text := d.MissingText(g); !strings.Contains(text, difficult) || !strings.Contains(text, "nobody.invalid") {
		t.Errorf("missing: %q", text)
	}
	h := d.History.Latest(1, d.GroupMember(g, 0).Answer.At)
	if len(h) != 1 || h[0].URI != "List (3 members) /validate" || h[0].Path != "/validate" || h[0].Code != "1/3" {
		t.Errorf("history: %+v", h)
	}
}

// Who has agreed to a request beyond the link has not agreed to another one that changes something there.
func TestWideGroupAsksForWhatChanges(t *testing.T) {
	d := sitDown(t)
	d.group(keep.Group{Name: "Site", Multicast: netip.MustParseAddrPort("239.255.0.7:5683"), Interfaces: []string{"lo"}, HopLimit: 8})
	tab := d.Tab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: "/a", Group: "Site"}
	tab.Draft.Timeout = "10ms"
	for _, step := range []struct {
		method  protocol.Code
		address string
		asks    bool
	}{
		{protocol.GET, "/a", true},
		{protocol.GET, "/b", false},
		{protocol.FETCH, "/b", false},
		{protocol.PUT, "/b", true},
		{protocol.PUT, "/b", false},
		{protocol.PUT, "/c", true},
		{protocol.DELETE, "/c", true},
		{protocol.GET, "/c", true},
	} {
		tab.Draft.Method, tab.Draft.Address = step.method, step.address
		if d.Send(); (tab.Asks != nil) != step.asks || len(tab.Problems) > 0 {
			t.Fatalf("%v %s asks %+v, problems %v", step.method, step.address, tab.Asks, tab.Problems)
		}
		if step.asks {
			d.Decide(true)
		}
		d.until("the end", d.idle)
	}
}

func TestGroupRefusals(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	// Beyond the link nothing is sent without the user's word.
	d.group(keep.Group{Name: "Site", Multicast: netip.MustParseAddrPort("239.255.0.7:5683"), Interfaces: []string{"lo"}, HopLimit: 8})
	tab.Draft.Address = "coap://192.0.2.1/led?on"
	d.ChooseGroup("Site")
	if tab.Draft.Address != "/led?on" || tab.Draft.Group != "Site" {
		t.Errorf("%+v", tab.Draft)
	}
	d.Send()
	if tab.Asks == nil || !strings.Contains(tab.Asks.Text, "Send this GET of 19 bytes to 239.255.0.7 (by lo, hop limit 8)? It may reach beyond this link") || tab.Asks.Yes != "Send it" || tab.State != view.TabIdle {
		t.Fatalf("%+v, problems %v", tab.Asks, tab.Problems)
	}
	d.Decide(false)
	d.until("nothing", func() bool { return true })
	if tab.Asks != nil || tab.Group != nil || d.Traffic.Total() != 0 {
		t.Error("something was sent")
	}
	// Many times is refused, with the reason.
	d.Repeat(view.RepeatPlan{Times: 3})
	if tab.State != view.TabIdle || !strings.Contains(d.Message, "A group is asked once at a time") {
		t.Errorf("%q", d.Message)
	}
	// Observe is, too, as long as no member is known.
	d.Observe()
	if tab.State != view.TabIdle || !strings.Contains(d.Message, "registers nobody as an observer") {
		t.Errorf("%q", d.Message)
	}
	// A group that is gone is said to be.
	d.DeleteGroup("Site")
	d.Send()
	if len(tab.Problems) != 1 || !strings.Contains(tab.Problems[0].Text, "no group Site") {
		t.Errorf("%v", tab.Problems)
	}
	d.RestoreGroup()
	if d.Groups.Find("Site") == nil || len(d.Built().Problems) > 0 {
		t.Errorf("put back: %v", d.Built().Problems)
	}
	// A full URI says by itself where it goes.
	d.SetAddress("coap://192.0.2.1/led")
	if tab.Draft.Group != "" {
		t.Error("the group stays")
	}
	d.ChooseGroup("Site")
	d.ChooseGroup("")
	if tab.Draft.Address != "coap://239.255.0.7/led" || tab.Draft.Group != "" {
		t.Errorf("%+v", tab.Draft)
	}
}

func TestReadGroupForm(t *testing.T) {
	d := sitDown(t)
	d.group(keep.Group{Name: "Fans", Members: []string{"192.0.2.1"}})
	for _, c := range []struct {
		form view.GroupForm
		want []view.GroupProblem // with a word of the text
	}{
		{view.GroupForm{Name: "Lights", Multicast: true, Address: "[ff05::fd%lo]:61616", HopLimit: "4", Rate: "1000", Members: "192.0.2.1\n\n lamp.example \n"}, nil},
		{view.GroupForm{Name: "Fans", Was: "Fans", Members: "192.0.2.1"}, nil},
		{view.GroupForm{Name: "fans", Members: "192.0.2.1"}, []view.GroupProblem{{view.GroupName, "there is a group Fans already"}}},
		{view.GroupForm{Name: "a/b", Members: "192.0.2.1"}, []view.GroupProblem{{view.GroupName, ""}}},
		{view.GroupForm{Name: "x"}, []view.GroupProblem{{view.GroupMembers, "who is a member"}}},
		{view.GroupForm{Name: "x", Multicast: true, Address: "192.0.2.1", HopLimit: "300", Rate: "-1", Interfaces: "lo, nope0"}, []view.GroupProblem{
			{view.GroupAddress, "no multicast address"}, {view.GroupInterfaces, "nope0"}, {view.GroupHopLimit, "300"}, {view.GroupRate, "-1"},
		}},
		{view.GroupForm{Name: "x", Members: "192.0.2.1\nff02::1\na b\n192.0.2.1\nlamp/x\n192.0.2.2/x\ncoaps://192.0.2.3"}, []view.GroupProblem{
			{view.GroupMembers, "line 2: ff02::1 is a multicast address"},
			{view.GroupMembers, "line 3"},
			{view.GroupMembers, "line 4: 192.0.2.1 stands there twice"},
			{view.GroupMembers, "line 5: a member has no path"},
			{view.GroupMembers, "line 6: a member has no path"},
			{view.GroupMembers, "line 7: coaps is not supported"},
		}},
	} {
		g, problems := d.ReadGroup(c.form)
		if len(problems) != len(c.want) {
			t.Errorf("%+v: %v", c.form, problems)
			continue
		}
		for i, p := range problems {
			if p.Field != c.want[i].Field || !strings.Contains(p.Text, c.want[i].Text) {
				t.Errorf("%+v: %v, not %v", c.form, p, c.want[i])
			}
		}
		if len(problems) == 0 {
			if back, p := d.ReadGroup(view.FormOf(&keep.Group{Name: g.Name, Multicast: g.Multicast, Interfaces: g.Interfaces, HopLimit: g.HopLimit, Rate: g.Rate, Members: g.Members})); c.form.Was == "" && (len(p) > 0 || !back.Equal(&g)) {
				t.Errorf("%+v is read back as %+v, %v", g, back, p)
			}
		}
	}
}

// A group is observed by observing each of its members: of a list at once, of a multicast address when the user agrees.
func TestObserveAGroup(t *testing.T) {
	d := sitDown(t)
	group := d.lab.MulticastAddr()
	if !group.IsValid() {
		t.Skip("no multicast on loopback here")
	}
	temp := d.address("livingroom-node")
	d.group(keep.Group{Name: "List", Members: []string{temp}})
	d.group(keep.Group{Name: "Lab", Multicast: group, Interfaces: []string{"lo"}, Members: []string{temp}})
	d.OpenGroup("List")
	d.Tab().Draft.Address = "/sensors/temp"
	d.Observe()
	observing := func() bool {
		live, _ := d.Watch().Counts()
		return live == 1 && d.Watch().Item(0).Received() > 0
	}
	d.until("an observation", observing)
	if d.Watch().Item(0).To.String() != temp || d.Watch().Item(0).Path != "/sensors/temp" {
		t.Errorf("%+v", d.Watch().Item(0).To)
	}
	d.ChooseGroup("Lab")
	d.Observe()
	if q := d.Tab().Asks; q == nil || !strings.Contains(q.Text, "Observe 1 member that is known instead") {
		t.Fatalf("%+v", q)
	}
	d.Decide(true) // it is observed already
	d.until("the same one", observing)
	if d.Watch().Len() != 1 {
		t.Errorf("%d observations", d.Watch().Len())
	}
}
