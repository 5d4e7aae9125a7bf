// Package ui is the window: everything that knows Fyne is here or below.
//
//	engine ──▶ Inbox, Log ──▶ bridge ──▶ Workbench.Pull ──▶ panels that changed
//	                                         ▲
//	user ──▶ panels, commands ───────────────┘ the Workbench's methods
//
// The bridge is the one doorway from other goroutines: however much happens, the window draws what is
// visible, at most 30 times a second, and nothing while nothing changes.
package ui
