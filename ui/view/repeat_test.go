package view_test

import (
	"fmt"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

func TestRepeat(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: d.address("plugtest") + "/validate"}
	d.Repeat(view.RepeatPlan{Times: 5})
	if tab.Repeat == nil || !tab.Repeat.Running {
		t.Fatalf("%+v, problems %v", tab.Repeat, tab.Problems)
	}
	d.until("five answers", d.idle)
	r := tab.Repeat
	if r == nil || r.Running || r.Sent != 5 || r.OK != 5 || r.Open != 0 || len(r.Recent) != 5 || r.CodesText() != "2.05 ×5" || r.Min <= 0 || r.Max < r.Min {
		t.Errorf("%+v", r)
	}
	if a := tab.Answer; a == nil || a.Err != nil || string(a.Message.Payload) != "Validate me.\n" || d.SelectedFrame() != a.Received {
		t.Errorf("answer %+v", a)
	}
	if d.Traffic.Total() != 10 {
		t.Errorf("%d packets", d.Traffic.Total())
	}
	d.ForgetRepeat()
	if tab.Repeat != nil {
		t.Error("the summary stays")
	}
}

// Each request of a repetition has its own number.
func TestRepeatCountsInVariables(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: d.address("plugtest") + "/query?n={{$n}}"}
	if b := d.Built(); len(b.Problems) > 0 || b.URI.Query[0] != "n=1" {
		t.Errorf("%+v", b)
	}
	d.Repeat(view.RepeatPlan{Times: 3})
	d.until("three answers", d.idle)
	got := ""
	for i := range d.Traffic.Total() {
		if row := d.Traffic.Row(i); row.Code == "GET" {
			got += row.Summary + " "
		}
	}
	if want := "/query?n=1 /query?n=2 /query?n=3 "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestRepeatIsCancelled(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: d.address("plugtest") + "/validate"}
	d.Repeat(view.RepeatPlan{Every: time.Hour})
	d.until("the first answer", func() bool { return tab.Repeat.OK == 1 })
	if d.idle() || tab.Shown() == nil {
		t.Errorf("state %d", tab.State)
	}
	d.Cancel()
	d.until("the end", d.idle)
	if r := tab.Repeat; r.Running || r.Sent != 1 || r.Progress() != "1 sent" || tab.Answer.Err != nil {
		t.Errorf("%+v, %v", r, tab.Answer.Err)
	}
	// Another request has no part in it.
	if d.ask(protocol.GET, d.address("plugtest")+"/none", ""); tab.Repeat != nil {
		t.Error("the summary stays")
	}
}

func TestRepeatPings(t *testing.T) {
	d := sitDown(t)
	d.Tab().Draft = draft.Draft{Method: protocol.Empty, Address: d.address("plugtest")}
	d.Repeat(view.RepeatPlan{Times: 3})
	d.until("three pongs", d.idle)
	if r := d.Tab().Repeat; r.OK != 3 || r.Refused != 0 || r.CodesText() != "0.00 ×3" {
		t.Errorf("%+v", r)
	}
}

func TestRepeatFails(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: "coap://127.0.0.1:1/a"}
	d.Repeat(view.RepeatPlan{Times: 2})
	d.until("the end", d.idle)
	if r := tab.Repeat; r.OK != 0 || r.Failed != 2 || r.Err == nil || tab.Answer == nil || tab.Answer.Err == nil {
		t.Errorf("%+v, %+v", r, tab.Answer)
	}
	tab.Draft.Address = "no such:::"
	d.Repeat(view.RepeatPlan{Times: 2})
	if len(tab.Problems) == 0 || tab.Repeat != nil || !d.idle() {
		t.Errorf("%v, %+v", tab.Problems, tab.Repeat)
	}
	tab.Draft = draft.Draft{Method: protocol.GET, Address: "coap://127.0.0.1", Options: []draft.Option{{Number: protocol.Observe, Text: "0"}}}
	if d.Repeat(view.RepeatPlan{Times: 2}); tab.Repeat != nil || d.MessageConcept != view.Warning {
		t.Errorf("%+v %s", tab.Repeat, fmt.Sprint(d.Message))
	}
}
