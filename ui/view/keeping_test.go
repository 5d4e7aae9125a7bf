package view_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
	"coapscope/ui/view"
)

// keeping has a desk keep things in a folder.
func (d *desk) keeping(folder string) *desk {
	store, tabs := keep.Open(keep.PlacesIn(folder))
	d.Keep(store, tabs)
	d.until("the history is read", d.History.Ready)
	return d
}

// another gives a workbench of a later run, with the same lab.
func (d *desk) another() *desk {
	engine, err := session.Open(session.Config{})
	if err != nil {
		d.t.Fatal(err)
	}
	next := &desk{t: d.t, lab: d.lab, wake: make(chan struct{}, 1)}
	next.Workbench = view.NewWorkbench(engine, func() {
		select {
		case next.wake <- struct{}{}:
		default:
		}
	})
	d.t.Cleanup(next.Close)
	return next
}

func (d *desk) titles() (titles []string) {
	for _, t := range d.Tabs {
		titles = append(titles, d.Title(t))
	}
	return titles
}

func TestHistoryReopens(t *testing.T) {
	folder := t.TempDir()
	d := sitDown(t).keeping(folder)
	node := d.address("livingroom-node")
	d.ask(protocol.GET, "coap://"+node+"/sensors/temp", "")
	d.ask(protocol.GET, "coap://"+node+"/nothing", "")
	d.ask(protocol.GET, "coap://nowhere.invalid/x", "")
	now := time.Now()
	var rows []string
	for _, r := range d.History.Latest(10, now) {
		rows = append(rows, r.Method+" "+r.Path+" "+r.Code)
	}
	if want := []string{"GET /x ✖", "GET /nothing 4.04", "GET /sensors/temp 2.05"}; !slices.Equal(rows, want) {
		t.Fatalf("history %q", rows)
	}

	d.OpenEntry(d.History.ID(2))
	d.until("the request is opened", func() bool { return d.Tab().Draft.Address == "coap://"+node+"/sensors/temp" })
	if a := d.Tab().Answer; a == nil || a.Message.Code != protocol.Content || !strings.HasPrefix(a.Note, "From the history, ") || len(d.Tabs) != 2 {
		t.Errorf("answer %+v, %d tabs", a, len(d.Tabs))
	}
	d.OpenEntry(d.History.ID(0))
	if len(d.Tabs) != 2 || d.Tab().Draft.Address != "coap://nowhere.invalid/x" {
		t.Errorf("what a tab has is opened again: %q", d.titles())
	}
	d.OpenEntry(d.History.ID(1))
	d.until("another is opened", func() bool { return len(d.Tabs) == 3 })
	d.Tab().Draft.Payload = "half writ"
	d.Changed(view.PartDraft)
	d.Close()

	// Tabs and answers are there in the next run.
	d = d.another().keeping(folder)
	d.until("answers are back", func() bool {
		return !slices.ContainsFunc(d.Tabs, func(t *view.Tab) bool { return t.Answer == nil })
	})
	if got := d.titles(); len(got) != 3 || got[0] != "GET x" || got[1] != "GET sensors/temp" || d.Tab() != d.Tabs[2] || d.Tab().Draft.Payload != "half writ" {
		t.Errorf("tabs %q, current %q", got, d.Tab().Draft.Payload)
	}
	y, ok := d.Why(d.Tabs[0])
	if !ok || len(y.Clues) != 1 || !strings.Contains(y.Clues[0].Title, "nowhere.invalid") || !strings.HasPrefix(y.Clues[0].Text, "From the history, ") {
		t.Errorf("why: %+v", y)
	}
	if a := d.Tabs[1].Answer; a.Message.Code != protocol.Content || len(a.Message.Payload) == 0 {
		t.Errorf("answer %+v", a)
	}

	d.History.SetSearch("nothing 4.04")
	d.until("the search is done", func() bool { return !d.History.Searching() })
	if d.History.Len() != 1 || d.History.Summary() != "1 of 3" || d.History.Row(0, now).Path != "/nothing" {
		t.Errorf("found %d, %s", d.History.Len(), d.History.Summary())
	}
	d.ask(protocol.PUT, "coap://"+node+"/nothing", "x")
	d.until("what is new is searched", func() bool {
		return d.History.Len() == 2 || !d.History.Searching() && d.History.Row(0, now).Code == "4.04"
	})
	d.History.SetSearch("")
	d.History.Delete(d.History.ID(0))
	if d.History.Len() != 3 {
		t.Errorf("%d entries after one of 4 was deleted", d.History.Len())
	}
	d.History.Clear()
	if d.History.Len() != 0 {
		t.Errorf("%d entries after all were deleted", d.History.Len())
	}
}

// A request that is open when the program is killed is in the history, and so is one that nobody waited for.
func TestHistoryHasWhatDidNotEnd(t *testing.T) {
	folder := t.TempDir()
	d := sitDown(t).keeping(folder)
	d.Tab().Draft.Address = "coap://192.0.2.1/silent"
	d.Send()
	if r := d.History.Row(0, time.Now()); r.Code != "…" || r.Path != "/silent" {
		t.Fatalf("row %+v", r)
	}
	d.Send()
	d.until("the first one is given up", func() bool { return d.History.Row(1, time.Now()).Code == "✖" })
	d.Cancel()
	d.until("the second one is cancelled", d.idle)
	d.History.SetSearch("cancelled")
	d.until("the search is done", func() bool { return !d.History.Searching() })
	if d.History.Len() != 2 {
		t.Errorf("%d of 2 are cancelled", d.History.Len())
	}
}

func TestSecretsAreNotKept(t *testing.T) {
	folder := t.TempDir()
	store, tabs := keep.Open(keep.Places{Data: filepath.Join(folder, "data"), Config: filepath.Join(folder, "config")})
	d := sitDown(t)
	d.Keep(store, tabs)
	d.RecordInto(filepath.Join(folder, "data", "recordings"))
	d.until("the history is read", d.History.Ready)
	const secret = "s3cr3t/välue"
	if err := d.SaveEnvironments("[lab]\nhost = " + d.address("livingroom-node") + "\nsecret key = " + secret + "\nsecret name = s3cr3thost\n"); err != nil {
		t.Fatal(err)
	}
	d.until("it is written", func() bool { return strings.HasPrefix(d.Message, "Variables written") })
	if text := d.EnvironmentsText(); strings.Contains(text, secret) || !strings.Contains(text, "secret key = ••••••") {
		t.Errorf("to edit:\n%s", text)
	}
	tab := d.Tab()
	tab.Draft.Options = []draft.Option{{Number: protocol.URIQuery, Text: "k={{key}}"}}
	a := d.ask(protocol.PUT, "coap://{{host}}/actuators/led/{{key}}?a={{key}}", "{{key}}")
	if a.Err != nil {
		t.Fatal(a.Err)
	}
	d.ask(protocol.GET, "coap://{{name}}.invalid/", "")
	if err := d.ask(protocol.GET, "coap://{{host}}/sensors/temp?a={{key}}", "").Err; err != nil { // of a device that nobody has searched for
		t.Fatal(err)
	}
	d.Observe()
	d.until("it is observed", func() bool { return d.Watch().Len() == 1 && d.Watch().Item(0).Received() > 0 })
	if err := d.Collections.SaveAs("x/y"); err != nil {
		t.Fatal(err)
	}
	d.until("it is saved", func() bool { return d.Tab().File() != "" })
	if got := d.History.Row(3, time.Now()).Path; !strings.Contains(got, "/actuators/led/{{key}}?a={{key}}") {
		t.Errorf("the history says %q", got)
	}
	d.Close()
	found := 0
	err := filepath.WalkDir(filepath.Join(folder, "data"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		found++
		content, err := os.ReadFile(path)
		for _, form := range []string{secret, "s3cr3t", "v%C3%A4lue"} {
			if bytes.Contains(content, []byte(form)) {
				t.Errorf("%s has %q", path, form)
			}
		}
		return err
	})
	if err != nil || found < 6 {
		t.Errorf("%d files: %v", found, err)
	}
}

func TestCollections(t *testing.T) {
	folder := t.TempDir()
	d := sitDown(t).keeping(folder)
	c := d.Collections
	rows := func() (texts []string) {
		for _, r := range c.Rows() {
			texts = append(texts, strings.Repeat("  ", r.Depth)+r.Text+r.Problem)
		}
		return texts
	}
	if c.Save() {
		t.Fatal("a request without a file was saved")
	}
	d.Tab().Draft = draft.Draft{Method: protocol.PUT, Address: "coap://a/led", Payload: "1"}
	if got := c.Suggest(); got != "led" {
		t.Errorf("suggested %q", got)
	}
	if err := c.SaveAs("bring-up/a:b"); err == nil {
		t.Error("a name that no file can have was taken")
	}
	if err := c.SaveAs("bring-up/LED on"); err != nil {
		t.Fatal(err)
	}
	d.until("it is in the tree", func() bool { return slices.Equal(rows(), []string{"bring-up", "  PUT  LED on"}) })
	// The palette goes there from another tab.
	here := d.Tab()
	d.NewTab()
	palette := view.NewPalette(d.Workbench)
	palette.SetText("led on")
	if r := palette.Rows(); len(r) < 2 || r[1].Title != "PUT LED on" || r[1].Where != "bring-up" {
		t.Fatalf("the palette has %+v", r)
	}
	if palette.Do(1); d.Tab() != here {
		t.Errorf("the palette goes to %s", d.Title(d.Tab()))
	}
	tab := d.Tab()
	if d.Title(tab) != "PUT LED on" || tab.Unsaved() {
		t.Errorf("title %q", d.Title(tab))
	}
	if note, ok := c.CheckName("bring-up/LED on"); ok || note != "There is a request of that name already" {
		t.Errorf("%q", note)
	}
	tab.Draft.Payload = "0"
	if d.Title(tab) != "PUT LED on ●" {
		t.Errorf("title %q after it was changed", d.Title(tab))
	}
	path := tab.File()
	if err := os.WriteFile(path, []byte("# mine\nmethod = \"GET\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c.Save()
	d.until("the conflict is told", func() bool { return strings.Contains(d.Message, "changed on disk") })
	if content, _ := os.ReadFile(path); string(content) != "# mine\nmethod = \"GET\"\n" {
		t.Fatalf("it was written all the same:\n%s", content)
	}
	c.Save()
	d.until("it is saved all the same", func() bool { return !tab.Unsaved() })
	if content, _ := os.ReadFile(path); !strings.HasPrefix(string(content), "# mine\nmethod = \"PUT\"\n") {
		t.Errorf("saved is\n%s", content)
	}

	if err := c.Rename(filepath.Dir(path), "start"); err != nil {
		t.Fatal(err)
	}
	d.until("the folder has another name", func() bool {
		return slices.Equal(rows(), []string{"start", "  PUT  LED on"}) && tab.File() == filepath.Join(c.Root(), "start", "LED on.coap.toml")
	})
	c.Delete(tab.File())
	d.until("it is deleted", func() bool { return slices.Equal(rows(), []string{"start"}) && c.Undeletable() == "LED on" })
	c.Undelete()
	d.until("it is back", func() bool { return slices.Equal(rows(), []string{"start", "  PUT  LED on"}) })

	d.NewTab()
	c.OpenFile(tab.File())
	if d.Tab() != tab {
		t.Error("what a tab has was opened in another")
	}
	d.CloseTab(tab.ID)
	c.OpenFile(path[:len(path)-len("bring-up/LED on.coap.toml")] + "start/LED on.coap.toml")
	d.until("it is opened", func() bool { return d.Tab().Draft.Payload == "0" })
	d.Tab().Draft.Payload = "2"
	d.Changed(view.PartDraft)
	changed := d.Tab()
	if d.CloseTab(changed.ID); !strings.HasPrefix(d.Message, "PUT LED on ● was closed with its changes") {
		t.Errorf("said is %q", d.Message)
	}
	if d.ReopenTab(); d.Tab() != changed || !changed.Unsaved() {
		t.Errorf("the tab that is back is %+v", d.Tab().Draft)
	}
	c.Fold(filepath.Join(c.Root(), "start"), false)
	if got := rows(); !slices.Equal(got, []string{"start"}) {
		t.Errorf("folded: %q", got)
	}
	d.Close()

	// In the next run the tab is still of its file, and not saved.
	d = d.another().keeping(folder)
	d.until("the file is compared", func() bool { return d.Title(d.Tab()) == "PUT LED on ●" && len(d.Collections.Rows()) == 2 })
	if d.Tab().Draft.Payload != "2" {
		t.Errorf("payload %q", d.Tab().Draft.Payload)
	}

	// Out and in again.
	archive := filepath.Join(t.TempDir(), "set.zip")
	file, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	d.Collections.Export(d.Collections.Root(), "set.zip", io.WriteCloser(file))
	d.until("it is exported", func() bool { return d.Message == "set.zip: 1 request written" })
	d.Collections.Import(archive)
	d.until("it is imported", func() bool { return d.Collections.Len() == 2 })
	d.Collections.OpenFolder(t.TempDir())
	d.until("a folder elsewhere is shown", func() bool {
		all := d.Collections.Rows()
		return all[len(all)-1].Root
	})
}

// Where nothing can be written the program works on, and says so.
func TestKeepingFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store, tabs := keep.Open(keep.PlacesIn(file))
	d := sitDown(t)
	d.Keep(store, tabs)
	d.until("it is said", func() bool { return strings.Contains(d.Message, file) })
	d.ask(protocol.GET, "coap://"+d.address("livingroom-node")+"/sensors/temp", "")
	if d.History.Len() != 1 {
		t.Errorf("%d entries", d.History.Len())
	}
	if err := d.Collections.SaveAs("x"); err != nil {
		t.Fatal(err)
	}
	d.until("saving fails", func() bool { return strings.HasPrefix(d.Message, "x could not be saved") })
	if d.Tab().File() != "" {
		t.Error("the tab is of a file that there is not")
	}
}

func TestDynamicVariables(t *testing.T) {
	d := sitDown(t)
	d.Tab().Draft.Address = "coap://192.0.2.1/{{$n}}?r={{$random}}&u={{$uuid}}&t={{$timestamp}}&i={{$isoTime}}"
	b := d.Built()
	if len(b.Problems) > 0 {
		t.Fatal(b.Problems)
	}
	again := d.Built()
	if b.URI.Query[0] != again.URI.Query[0] || b.URI.Query[1] != again.URI.Query[1] || b.URI.Path[0] != "1" {
		t.Errorf("before it is sent it changes: %v %v", b.URI, again.URI)
	}
	d.Send()
	d.Cancel()
	d.until("cancelled", d.idle)
	sent := d.History.Row(0, time.Now()).URI
	if next := d.Built(); !strings.Contains(sent, "/1?"+b.URI.Query[0]+"&"+b.URI.Query[1]) || next.URI.Query[1] == b.URI.Query[1] {
		t.Errorf("sent %s, shown before %v, next %v", sent, b.URI, next.URI)
	}
	var x [5]uint64
	uuid := strings.TrimPrefix(b.URI.Query[1], "u=")
	if n, err := fmt.Sscanf(uuid, "%8x-%4x-%4x-%4x-%12x", &x[0], &x[1], &x[2], &x[3], &x[4]); n != 5 || err != nil || x[2]>>12 != 4 || x[3]>>14 != 2 {
		t.Errorf("UUID %s: %v", uuid, err)
	}
	if at, err := time.Parse(time.RFC3339, strings.TrimPrefix(b.URI.Query[3], "i=")); err != nil || time.Since(at) > patience {
		t.Errorf("time %v %v", at, err)
	}
}

func TestEnvironmentsText(t *testing.T) {
	d := sitDown(t)
	text := "[a]\nempty =\nhost = 192.0.2.1\nlong = \"two\\nlines \"\npath = C:\\x \"y\"\nsecret key = abc\n\n[b]\nhost = b.example\n"
	if err := d.SaveEnvironments(text); err != nil {
		t.Fatal(err)
	}
	shown := d.EnvironmentsText()
	if want := "[a]\nempty = \nhost = 192.0.2.1\nsecret key = ••••••\nlong = \"two\\nlines \"\npath = C:\\x \"y\"\n\n[b]\nhost = b.example\n"; shown != want {
		t.Errorf("shown\n%s", shown)
	}
	if err := d.SaveEnvironments(shown); err != nil {
		t.Fatal(err)
	}
	d.ChooseEnvironment("a")
	d.Tab().Draft.Address = "coap://{{host}}/{{key}}"
	if b := d.Built(); b.URI.String() != "coap://192.0.2.1/abc" {
		t.Errorf("%v %v", b.URI, b.Problems)
	}
	d.ChooseEnvironment("b")
	if b := d.Built(); len(b.Problems) != 1 || !strings.HasPrefix(b.Problems[0].Text, "{{key}} has no value") {
		t.Errorf("%v", b.Problems)
	}
	for text, want := range map[string]string{
		"host = a":                   "line 1: write the name of the environment above it",
		"[a]\nhost":                  "line 2: write name = value",
		"[a]\nho st = x":             `line 2: "ho st" is no name`,
		"[a]\n$n = x":                "line 2: names with $",
		"[a]\nx = 1\nx = 2":          "line 3: x stands there twice",
		"[a]\n[A]":                   "line 2: there is an environment A already",
		"[a/b]":                      "line 1: this cannot be the name of an environment: '/'",
		"[a":                         "line 1: the name of an environment stands in brackets, as in [lab]",
		"[a]\nx = \"a":               "line 2: the quotes are wrong",
		"[a]\nsecret other = ••••••": "line 2: write the value of other",
		"[new]\nx = 1\nsecret key = ••••••": "line 3: write the value of key",
	} {
		if err := d.SaveEnvironments(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseEnvironments(f *testing.F) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		f.Fatal(err)
	}
	w := view.NewWorkbench(engine, func() {})
	defer w.Close()
	f.Add("[a]\nhost = x\nsecret key = \"y\\n\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := w.ParseEnvironments(text)
		if err != nil {
			return
		}
		for _, e := range all {
			if e.Name == "" || keep.CheckName(e.Name) != nil {
				t.Fatalf("%q", e.Name)
			}
			for _, v := range e.Variables {
				if !draft.IsVariableName(v.Name) {
					t.Fatalf("%q", v.Name)
				}
			}
		}
	})
}

// What was asked for before is offered while an address is typed, once, the devices of now before it.
func TestAddressCompletesFromHistory(t *testing.T) {
	d := sitDown(t).keeping(t.TempDir())
	node := "coap://" + d.address("livingroom-node")
	d.ask(protocol.GET, node+"/sensors/temp", "")
	d.ask(protocol.GET, node+"/sensors/temp", "")
	d.ask(protocol.GET, node+"/never-listed", "")
	for text, want := range map[string]string{"never": node + "/never-listed", "sensors": node + "/sensors/temp", node: node + "/sensors/temp " + node + "/never-listed"} {
		var got []string
		for _, c := range d.Completion.Complete(text) {
			got = append(got, c.Address)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
