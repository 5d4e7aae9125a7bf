package view_test

import (
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/ui/view"
)

func links(t *testing.T, text string) linkformat.Links {
	t.Helper()
	l, err := linkformat.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func tree(t *testing.T) (*view.DeviceTree, *discovery.Devices) {
	t.Helper()
	known := new(discovery.Devices)
	known.Add(discovery.Device{Endpoint: node, Interface: "eth0", RTT: 12 * time.Millisecond, Links: links(t,
		`</>;title="Sensor",</sensors/temp>;rt="temperature-c";if="core.s";title="Air";obs,</sensors/log>;sz=48000,`+
			`</led>;if="core.a",</.well-known/core>;ct=40`)})
	known.Add(discovery.Device{Endpoint: us, RTT: 200 * time.Millisecond, Links: links(t, `</x>`)})
	return view.NewDeviceTree(known), known
}

// outline is the rows as one reads them.
func outline(rows []view.TreeRow) string {
	var b strings.Builder
	for _, r := range rows {
		sign := " "
		if r.Foldable {
			sign = "+"
			if r.Open {
				sign = "-"
			}
		}
		b.WriteString(strings.Repeat("  ", r.Depth) + sign + r.Text + "\n")
	}
	return b.String()
}

func TestDeviceRows(t *testing.T) {
	v, _ := tree(t)
	if got := outline(v.Rows(now)); got != "+Sensor\n+192.0.2.1:40000\n" || v.Len() != 2 {
		t.Errorf("at first:\n%s", got)
	}
	rows := v.Rows(now)
	if r := rows[0]; !r.Device || r.Subtitle != "192.0.2.7 · eth0" || r.Right != "12 ms" || r.Concept != view.Good {
		t.Errorf("device: %+v", r)
	}
	if r := rows[1]; r.Subtitle != "" || r.Right != "200 ms" || r.Concept != view.Warning {
		t.Errorf("slow device without a name: %+v", r)
	}
	v.Fold(rows[0].ID, true)
	rows = v.Rows(now)
	want := "-Sensor\n   /\n  +.well-known\n   led\n  -sensors\n     log\n     temp\n+192.0.2.1:40000\n"
	if got := outline(rows); got != want {
		t.Errorf("unfolded:\n%swant\n%s", got, want)
	}
	by := map[string]view.TreeRow{}
	for _, r := range rows {
		by[r.Text] = r
	}
	if r := by["temp"]; !r.Observable || !r.Listed || r.Right != "" {
		t.Errorf("temp: %+v", r)
	}
	if r := by["log"]; r.Size == "" || r.Observable {
		t.Errorf("log: %+v", r)
	}
	if r := by["led"]; r.Right != "PUT" {
		t.Errorf("led: %+v", r)
	}
	if r := by["sensors"]; r.Listed {
		t.Errorf("sensors: %+v", r)
	}
	endpoint, path, listed := v.Resource(by["temp"].ID)
	if endpoint != node || path != "/sensors/temp" || !listed {
		t.Errorf("resource of the row: %v %q %v", endpoint, path, listed)
	}
	v.Fold(by["sensors"].ID, false)
	if got := outline(v.Rows(now)); strings.Contains(got, "temp") || !strings.Contains(got, "+sensors") {
		t.Errorf("sensors folded:\n%s", got)
	}
	id, ok := v.RowOf(node, "/sensors/temp")
	if got := outline(v.Rows(now)); !ok || id != by["temp"].ID || !strings.Contains(got, "temp") {
		t.Errorf("RowOf unfolds: %q %v\n%s", id, ok, got)
	}
	if _, ok := v.RowOf(node, "/none"); ok {
		t.Error("a resource that is not there has a row")
	}
}

func TestDeviceFilter(t *testing.T) {
	v, _ := tree(t)
	for filter, want := range map[string]string{
		"temp":          "-Sensor\n  -sensors\n     temp\n", // unfolds what leads there
		"TEMPERATURE-C": "-Sensor\n  -sensors\n     temp\n", // rt
		"air core.s":    "-Sensor\n  -sensors\n     temp\n", // title and if
		"192.0.2.1:":    "-192.0.2.1:40000\n   x\n",         // a device with all that it has
		"sensor log":    "-Sensor\n  -sensors\n     log\n",  // words of both
		"sensor 192":    "-Sensor\n   /\n  -.well-known\n     core\n   led\n  -sensors\n     log\n     temp\n",
		"nothing":       "",
	} {
		v.SetFilter(filter)
		got := outline(v.Rows(now))
		if got != want {
			t.Errorf("%q:\n%swant\n%s", filter, got, want)
		}
	}
	v.SetFilter("")
	if got := outline(v.Rows(now)); got != "+Sensor\n+192.0.2.1:40000\n" {
		t.Errorf("without the filter all is folded as before:\n%s", got)
	}
}

func TestDeviceValues(t *testing.T) {
	v, _ := tree(t)
	id, _ := v.RowOf(node, "/sensors/temp")
	row := func(at time.Time) view.TreeRow {
		t.Helper()
		for _, r := range v.Rows(at) {
			if r.ID == id {
				return r
			}
		}
		t.Fatal("no row")
		return view.TreeRow{}
	}
	answer := func(code protocol.Code, body string) *view.Answer {
		m := protocol.Message{Code: code, Payload: []byte(body)}
		m.Options = m.Options.AddUint(protocol.MaxAge, 30).AddUint(protocol.ContentFormatOption, 0)
		return &view.Answer{Message: m, At: now}
	}
	v.Note(node, "/sensors/temp", answer(protocol.Content, "21.4"))
	if r := row(now.Add(29 * time.Second)); r.Right != "21.4" || r.Concept != view.Good {
		t.Errorf("fresh: %+v", r)
	}
	if r := row(now.Add(31 * time.Second)); r.Right != "21.4" || r.Concept != view.Dim {
		t.Errorf("no longer fresh: %+v", r)
	}
	v.Note(node, "/sensors/temp", &view.Answer{Err: errTest})
	if r := row(now); r.Right != "21.4" {
		t.Errorf("no answer changes nothing: %+v", r)
	}
	v.Note(node, "/sensors/temp", answer(protocol.NotFound, ""))
	if r := row(now); r.Right != "4.04" || r.Concept != view.Error {
		t.Errorf("refused: %+v", r)
	}
	v.Note(node, "/sensors/temp", answer(protocol.Content, strings.Repeat("long ", 100)))
	if r := row(now); r.Right != "500 B" {
		t.Errorf("long: %+v", r)
	}
}

func TestDeviceTips(t *testing.T) {
	v, known := tree(t)
	id, _ := v.RowOf(node, "/sensors/temp")
	if tip := v.Tip(id, now); tip != "Air\n/sensors/temp\nrt  temperature-c\nif  core.s\nobs  can be observed" {
		t.Errorf("tip: %q", tip)
	}
	if tip := v.Tip(v.Rows(now)[0].ID, now); !strings.Contains(tip, "coap://192.0.2.7") || !strings.Contains(tip, "5 resources") {
		t.Errorf("tip of the device: %q", tip)
	}
	known.Rename(node, "Kitchen")
	if v.Name(node) != "Kitchen" || v.Name(us) != "192.0.2.1:40000" {
		t.Errorf("names: %q, %q", v.Name(node), v.Name(us))
	}
}
