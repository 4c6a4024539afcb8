package child

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// rehearse writes and reads each message of an execution once. The first message
// of a type takes a hundred times as long as later ones: while a child waits,
// nobody waits for that.
func rehearse() error {
	columns := []query.Column{{Name: "a", Type: "INTEGER"}}
	start := wire.Start(query.Start{
		SQL: "SELECT $1", Parameters: []query.Value{{Text: "1"}},
		Tables: []query.Table{{Columns: columns, Files: []query.File{{Path: "/a"}}}},
	})
	pull := &pb.Pull{MaxRows: 1, Form: wire.Form(frames.Form{})}
	for _, m := range []proto.Message{
		&pb.ExecuteRequest{Message: &pb.ExecuteRequest_Start{Start: start}},
		&pb.ExecuteRequest{Message: &pb.ExecuteRequest_Pull{Pull: pull}},
		&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Described{Described: &pb.Described{Columns: wire.Columns(columns)}}},
		&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Pulled{Pulled: &pb.Pulled{Rows: 1}}},
		&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Outcome{Outcome: wire.Outcome(query.Outcome{Status: query.Success})}},
	} {
		data, err := proto.Marshal(m)
		if err == nil {
			err = proto.Unmarshal(data, m)
		}
		if err != nil {
			return fmt.Errorf("rehearse: %w", err)
		}
	}
	return nil
}
