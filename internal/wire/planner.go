package wire

import (
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// PlanRequest makes the message that asks for facts. The identity stays behind:
// a planner knows visibilities, not principals.
func PlanRequest(r query.PlanRequest) *pb.AnalyzeRequest {
	s := r.Statement
	return &pb.AnalyzeRequest{
		Sql: s.Text, Visibility: r.Visibility.ID, Catalog: s.Catalog, Schema: s.Schema,
		ParameterTypes: s.ParameterTypes, Tables: Tables(r.Tables), Complete: r.Complete,
		Settings: Settings(s.Settings), Catalogs: r.Visibility.Catalogs,
	}
}

// ToPlanRequest gives what asks for facts.
func ToPlanRequest(m *pb.AnalyzeRequest) query.PlanRequest {
	return query.PlanRequest{
		Statement: query.Statement{
			Text: m.GetSql(), Catalog: m.GetCatalog(), Schema: m.GetSchema(),
			Settings: ToSettings(m.GetSettings()), ParameterTypes: m.GetParameterTypes(),
		},
		Visibility: query.Visibility{ID: m.GetVisibility(), Catalogs: m.GetCatalogs()},
		Tables:     ToTables(m.GetTables()),
		Complete:   m.GetComplete(),
	}
}

// PlanAnswer makes the message of an answer, or of the error that planning
// ended with.
func PlanAnswer(a query.PlanAnswer, err error) *pb.AnalyzeResponse {
	switch {
	case err != nil:
		return &pb.AnalyzeResponse{Answer: &pb.AnalyzeResponse_Fault{Fault: Fault(err)}}
	case a.Facts != nil:
		return &pb.AnalyzeResponse{Answer: &pb.AnalyzeResponse_Facts{Facts: facts(a.Facts)}}
	default:
		return &pb.AnalyzeResponse{Answer: &pb.AnalyzeResponse_Wanted{
			Wanted: &pb.Wanted{Names: TableNames(a.Wanted)},
		}}
	}
}

// ToPlanAnswer gives an answer, or the error that planning ended with. An empty
// message is an internal error: a planner always answers.
func ToPlanAnswer(m *pb.AnalyzeResponse) (query.PlanAnswer, error) {
	switch a := m.GetAnswer().(type) {
	case *pb.AnalyzeResponse_Fault:
		return query.PlanAnswer{}, ToFault(a.Fault)
	case *pb.AnalyzeResponse_Facts:
		return query.PlanAnswer{Facts: toFacts(a.Facts)}, nil
	case *pb.AnalyzeResponse_Wanted:
		return query.PlanAnswer{Wanted: ToTableNames(a.Wanted.GetNames())}, nil
	default:
		return query.PlanAnswer{}, fault.New(fault.Internal, "internal error")
	}
}

func facts(f *query.Facts) *pb.Facts {
	return &pb.Facts{
		Sql: f.SQL, Kind: pb.StatementKind(f.Kind), Tables: TableNames(f.Tables), //nolint:gosec // a closed list of three
		Functions: f.Functions, ParameterTypes: f.Parameters, Columns: Columns(f.Columns),
		Plan: planNode(f.Plan), Fingerprint: f.Fingerprint,
	}
}

func toFacts(m *pb.Facts) *query.Facts {
	return &query.Facts{
		SQL: m.GetSql(), Kind: query.StatementKind(m.GetKind()), Tables: ToTableNames(m.GetTables()),
		Functions: m.GetFunctions(), Parameters: m.GetParameterTypes(), Columns: ToColumns(m.GetColumns()),
		Plan: toPlanNode(m.GetPlan()), Fingerprint: m.GetFingerprint(),
	}
}

func planNode(n *query.PlanNode) *pb.PlanNode {
	if n == nil {
		return nil
	}
	return &pb.PlanNode{
		Operator: n.Operator, Cardinality: n.Cardinality, Extra: n.Extra, Table: n.Table,
		Children: each(n.Children, planNode),
	}
}

func toPlanNode(m *pb.PlanNode) *query.PlanNode {
	if m == nil {
		return nil
	}
	return &query.PlanNode{
		Operator: m.GetOperator(), Cardinality: m.GetCardinality(), Extra: m.GetExtra(), Table: m.GetTable(),
		Children: each(m.GetChildren(), toPlanNode),
	}
}
