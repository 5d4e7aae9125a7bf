package view_test

import (
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

func TestCopyAs(t *testing.T) {
	d := sitDown(t)
	d.Tab().Draft = draft.Draft{Method: protocol.PUT, Address: "coap://192.0.2.1/led", Payload: "on"}
	for _, c := range []struct{ id, want, says string }{
		{"coap-client", "coap-client -m put -e on coap://192.0.2.1/led", "Copied as coap-client"},
		{"aiocoap", "aiocoap-client -m PUT --payload on coap://192.0.2.1/led", "Copied as aiocoap-client"},
		{"hex", "40030000b36c6564ff6f6e", "Copied as hex"},
		{"go", `request.AddOptionBytes(message.URIPath, []byte("led"))`, "Copied as Go (go-coap)"},
	} {
		got, err := d.CopyAs(c.id)
		if err != nil || !strings.Contains(got, c.want) || d.Message != c.says || d.MessageConcept != view.Good {
			t.Errorf("%s: got %q, %v; said %q", c.id, got, err, d.Message)
		}
	}
	d.Tab().Draft.Address = "nowhere:x"
	if got, err := d.CopyAs("coap-client"); err == nil || got != "" || !strings.HasPrefix(d.Message, "Not copied: the request cannot be sent as it is: address") {
		t.Errorf("got %q, %v; said %q", got, err, d.Message)
	}
	if _, err := d.CopyAs("fortran"); err == nil {
		t.Error("a form is there that there is not")
	}
}

// An observation is copied as one.
func TestCopyObserving(t *testing.T) {
	d := sitDown(t)
	d.Tab().Draft = draft.Draft{Method: protocol.GET, Address: "coap://192.0.2.1/temp"}
	d.Tab().State = view.TabObserving
	if got, err := d.CopyAs("coap-client"); err != nil || got != "coap-client -m get -s 60 coap://192.0.2.1/temp" {
		t.Errorf("got %q, %v", got, err)
	}
	d.Tab().State = view.TabIdle
}

// A command line that is pasted into the address becomes the request; what is no command stays what it is.
func TestSetAddress(t *testing.T) {
	d := sitDown(t)
	tab := d.Tab()
	d.SetAddress("coap://192.0.2.1/coap-client")
	if tab.Draft.Address != "coap://192.0.2.1/coap-client" || tab.Draft.Method != protocol.GET {
		t.Errorf("the draft is %+v", tab.Draft)
	}
	d.SetAddress("$ coap-client -m put -N -t 50 -e '{\"on\": true}' -v 7 coap://192.0.2.1/led?x")
	want := draft.Draft{
		Method: protocol.PUT, Address: "coap://192.0.2.1/led?x", Type: protocol.NonConfirmable, Form: draft.JSON, Payload: `{"on": true}`,
		Options: []draft.Option{{Number: protocol.ContentFormatOption, Text: "50 application/json"}},
	}
	if !tab.Draft.Equal(want) {
		t.Errorf("the draft is %+v, want %+v", tab.Draft, want)
	}
	if d.Message != "Read from coap-client · -v 7 is left out" || d.MessageConcept != view.Warning {
		t.Errorf("said %q", d.Message)
	}
	d.Pull()
	d.SetAddress("aiocoap-client -m FOO coap://192.0.2.1/")
	if !strings.HasPrefix(d.Message, "✖ character 18: ") || tab.Draft.Method != protocol.PUT || !strings.HasPrefix(tab.Draft.Address, "aiocoap-client") {
		t.Errorf("said %q; the draft is %+v", d.Message, tab.Draft)
	}
	d.SetAddress("aiocoap-client -m POST coap://192.0.2.1/x")
	if tab.Draft.Method != protocol.POST || tab.Draft.Address != "coap://192.0.2.1/x" || d.Message != "Read from aiocoap-client" {
		t.Errorf("said %q; the draft is %+v", d.Message, tab.Draft)
	}
	line := "coap-client -m put coap://192.0.2.1/y"
	for i := range line {
		d.SetAddress(line[:i+1])
	}
	if tab.Draft.Address != line || d.Message != "Enter reads the command line" {
		t.Errorf("said %q; the draft is %+v", d.Message, tab.Draft)
	}
	if !d.EnterAddress() || tab.Draft.Address != "coap://192.0.2.1/y" || tab.Draft.Method != protocol.PUT {
		t.Errorf("said %q; the draft is %+v", d.Message, tab.Draft)
	}
	if d.EnterAddress() {
		t.Error("an address is taken for a command line")
	}
	if dirty, _ := d.Pull(); dirty&view.PartBar == 0 || dirty&view.PartDraft == 0 {
		t.Errorf("parts %b are drawn anew", dirty)
	}
}
