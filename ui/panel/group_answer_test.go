package panel

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

func said(s *widget.Sheet) string {
	snapshot := s.Snapshot()
	snapshot.Sort()
	return strings.Join(snapshot.Lines(), " ")
}

// The answers of a group are a table with what came of all above it; each of them can be shown in full, and there is a way
// back.
func TestAnswersOfAGroup(t *testing.T) {
	d := askedPanel(t)
	member := strings.TrimPrefix(d.address, "coap://")
	if err := d.bench.SaveGroup(keep.Group{Name: "Pair", Members: []string{member, "127.0.0.1:9"}}, ""); err != nil {
		t.Fatal(err)
	}
	tab := d.bench.Tab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: "/validate", Group: "Pair"}
	d.bench.Send()
	d.settle()
	if !d.group.object.Visible() || d.one.Visible() {
		t.Fatal("the table is not shown")
	}
	if text := said(d.group.head); !strings.Contains(text, "1 of 2 answered") || !strings.Contains(text, "1× 2.05") || !strings.Contains(text, "no answer of 127.0.0.1:9") {
		t.Errorf("head: %s", text)
	}
	if text := said(&d.group.list.Sheet); !strings.Contains(text, "Validate me.") || !strings.Contains(text, "port unreachable") {
		t.Errorf("table: %s", text)
	}
	if text := said(d.group.plot); !strings.Contains(text, "answer times of 2 members") || !strings.Contains(text, "2.xx") || !strings.Contains(text, "none") {
		t.Errorf("picture: %s", text)
	}
	d.group.list.OnSelect(0)
	if d.bench.SelectedFrame() != tab.Group.Selected.Answer.Received {
		t.Error("the packet of the row is not selected")
	}
	d.group.list.OnActivate(0)
	d.Refresh()
	if d.group.object.Visible() || !d.back.Visible() || tab.Shown() == nil {
		t.Fatal("the answer is not shown in full")
	}
	if text := said(&d.back.Sheet); !strings.Contains(text, "All answers") || !strings.Contains(text, "1 of 2") {
		t.Errorf("way back: %s", text)
	}
	if text := said(d.head); !strings.Contains(text, "2.05 Content") {
		t.Errorf("the answer: %s", text)
	}
	tapOn(t, &d.back.Sheet, stepID(1)) // to the one without an answer, which says why
	d.Refresh()
	if !d.why.Object.Visible() {
		t.Error("why there is no answer is not said")
	}
	tapOn(t, &d.back.Sheet, backID{})
	d.Refresh()
	if !d.group.object.Visible() || d.back.Visible() {
		t.Error("there is no way back")
	}
	// A narrow and low pane still has the table.
	d.Object.Resize(fyne.NewSize(240, 250))
	d.Refresh()
	if h := d.group.list.Size().Height; h < 60 {
		t.Errorf("the table is %v high", h)
	}
	// A request to a device is shown as ever.
	d.ask(protocol.GET, "/validate")
	if d.group.object.Visible() || d.back.Visible() || !d.one.Visible() {
		t.Error("the group is still shown")
	}
}

func TestQuestionOfAGroup(t *testing.T) {
	d := askedPanel(t)
	tab := d.bench.Tab()
	tab.Draft = draft.Draft{Method: protocol.PUT, Address: "coap://[ff05::fd%lo]/led"}
	d.bench.Send()
	d.Refresh()
	if !d.asks.object.Visible() || !strings.Contains(said(d.asks.text), "It may reach") || d.asks.yes.Text != "Send it" {
		t.Fatalf("no question: %v %q", tab.Problems, said(d.asks.text))
	}
	d.bench.Cancel() // Esc
	d.Refresh()
	if d.asks.object.Visible() || d.bench.Traffic.Total() != 0 {
		t.Error("something was sent")
	}
}

func TestGroupSection(t *testing.T) {
	d := askedPanel(t)
	edited := ""
	k := kept{bench: d.bench, do: &KeptActions{EditGroup: func(name, member string) { edited = name + "|" + member }}}
	rows := k.append(nil)
	if rows[0].Text != "GROUPS" || rows[1].ID != noGroupID {
		t.Fatalf("%+v", rows)
	}
	k.open(noGroupID)
	if edited != "|" {
		t.Errorf("edited %q", edited)
	}
	// The groups that every device is in are offered as long as they are not there.
	menu := k.groupsMenu()
	if n := len(menu.Items); n != 6 {
		t.Fatalf("%d items", n)
	}
	menu.Items[2].Action()
	if len(d.bench.Groups.All) != 1 || d.bench.Groups.All[0].Multicast.Addr() != protocol.AllNodesIPv4 || len(k.groupsMenu().Items) != 5 {
		t.Errorf("%+v", d.bench.Groups.All)
	}
	rows = k.append(nil)
	if rows[1].Text != "All CoAP nodes, IPv4" || rows[1].Right != "224.0.1.187" || !strings.Contains(k.tip(rows[1].ID), "this link") {
		t.Errorf("%+v %q", rows[1], k.tip(rows[1].ID))
	}
	k.open(rows[1].ID)
	if tab := d.bench.Tab(); tab.Draft.Group != "All CoAP nodes, IPv4" || !k.highlighted(rows[1].ID) || d.bench.Traffic.Total() != 0 {
		t.Errorf("%+v", tab.Draft)
	}
	for _, item := range k.menu(rows[1].ID).Items {
		if item.Label == "Delete" {
			item.Action()
		}
	}
	if len(d.bench.Groups.All) != 0 {
		t.Error("it is not deleted")
	}
	items := k.groupsMenu().Items
	items[len(items)-1].Action()
	if len(d.bench.Groups.All) != 1 {
		t.Errorf("%q does not put it back", items[len(items)-1].Label)
	}
}

func TestGroupEdit(t *testing.T) {
	d := askedPanel(t)
	var taken *view.GroupForm
	f := NewGroupEdit(d.bench, d.bench.NewGroupForm(""), func(form view.GroupForm) { taken = &form }, func() {})
	if !f.take.Disabled() {
		t.Error("an empty form can be taken")
	}
	if text := strings.Join(f.said(), " "); strings.Contains(text, "✖") || f.entries[view.GroupAddress].State() != widget.NeutralEntry {
		t.Errorf("what is not written yet is said to be wrong: %q", text)
	}
	f.entries[view.GroupName].SetText("Lights")
	f.entries[view.GroupAddress].SetText("192.0.2.1")
	if f.entries[view.GroupAddress].State() != widget.InvalidEntry || f.entries[view.GroupName].State() != widget.NeutralEntry {
		t.Error("what is wrong is not marked")
	}
	f.entries[view.GroupAddress].SetText("ff05::1234")
	if f.take.Disabled() || !strings.Contains(strings.Join(f.said(), " "), "the whole site") {
		t.Errorf("%q", f.said())
	}
	f.kinds[1].Activate()
	if f.multicast[0].Visible() || !f.take.Disabled() {
		t.Error("a list without members can be taken")
	}
	f.members.SetText("192.0.2.1\nlamp.example")
	f.take.Activate()
	if taken == nil || taken.Name != "Lights" || taken.Multicast || d.bench.TakeGroup(*taken) != nil || len(d.bench.Groups.Find("Lights").Members) != 2 {
		t.Errorf("%+v", taken)
	}
}
