package view_test

import (
	"strings"
	"testing"

	"coapscope/ui/view"
)

func TestFaultsAreSetAndTold(t *testing.T) {
	d := sitDown(t)
	if text := d.FaultsText(); text != "" {
		t.Errorf("a network that nobody has touched has %q", text)
	}
	if err := view.CheckFaults("lose 20%\nloose 3"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v, want what is wrong in line 2", err)
	}
	if err := d.SetFaults("nonsense"); err == nil {
		t.Error("nonsense was taken")
	}
	if err := d.SetFaults("seed 7\nlose sent CON 1"); err != nil {
		t.Fatal(err)
	}
	if text := strings.TrimSpace(d.FaultsText()); text != "seed 7\nlose sent CON 1" {
		t.Errorf("got %q", text)
	}
	told := false
	for _, item := range d.Status(now) {
		told = told || item.Text == "bad network: 1 rule"
	}
	if !told {
		t.Errorf("the status line does not tell of it: %+v", d.Status(now))
	}
	if err := d.SetFaults(""); err != nil || d.FaultsText() != "" {
		t.Errorf("not undone: %v, %q", err, d.FaultsText())
	}
}
