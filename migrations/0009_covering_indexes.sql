-- What lists ask of many rows is in the indexes that find them: fetching the rows took longer than finding them.

DROP INDEX data_volumes_department_id;
CREATE INDEX data_volumes_department_id ON data_volumes (department_id, project_id, id);

DROP INDEX shares_scope_id;
DROP INDEX shares_department_id;
DROP INDEX shares_cluster_id;
CREATE INDEX shares_scope_id
    ON shares (scope_id, data_volume_id, origin_project_id, origin_department_id, origin_cluster_id);
CREATE INDEX shares_department_id
    ON shares (department_id, data_volume_id, origin_project_id, origin_department_id, origin_cluster_id);
CREATE INDEX shares_cluster_id
    ON shares (cluster_id, data_volume_id, origin_project_id, origin_department_id, origin_cluster_id);
