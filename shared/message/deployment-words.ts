const IN_PLAIN_WORDS: ReadonlyMap<string, string> = new Map([
  ['AGENT_ISSUE', 'the CodeDeploy agent on the instances has a problem'],
  ['ALARM_ACTIVE', 'an alarm of the deployment group went off'],
  ['APPLICATION_MISSING', 'the application is gone'],
  ['AUTOSCALING_VALIDATION_ERROR', 'the Auto Scaling group cannot be used as it is'],
  ['AUTO_SCALING_CONFIGURATION', 'the Auto Scaling group is not set up for it'],
  ['AUTO_SCALING_IAM_ROLE_PERMISSIONS', 'the service role may not work on the Auto Scaling group'],
  ['CLOUDFORMATION_STACK_FAILURE', 'the CloudFormation stack failed'],
  ['CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND', 'something that CodeDeploy needs is gone'],
  ['CUSTOMER_APPLICATION_UNHEALTHY', 'the application was not healthy'],
  ['DEPLOYMENT_GROUP_MISSING', 'the deployment group is gone'],
  ['ECS_UPDATE_ERROR', 'ECS could not update the service'],
  ['ELASTIC_LOAD_BALANCING_INVALID', 'the load balancer is not set up for it'],
  ['ELB_INVALID_INSTANCE', 'an instance cannot be registered at the load balancer'],
  ['HEALTH_CONSTRAINTS', 'too few instances were healthy'],
  ['HEALTH_CONSTRAINTS_INVALID', 'the minimum of healthy instances cannot be kept'],
  ['HOOK_EXECUTION_FAILURE', 'a validation hook failed or never answered'],
  ['IAM_ROLE_MISSING', 'the service role is gone'],
  ['IAM_ROLE_PERMISSIONS', 'the service role lacks a permission'],
  ['INTERNAL_ERROR', 'CodeDeploy had a problem of its own'],
  ['INVALID_ECS_SERVICE', 'the ECS service is not set up for it'],
  ['INVALID_LAMBDA_CONFIGURATION', 'the function or its alias is not set up for it'],
  ['INVALID_LAMBDA_FUNCTION', 'the function or its version cannot be used'],
  ['INVALID_REVISION', 'the revision or its AppSpec is not valid'],
  ['MANUAL_STOP', 'somebody stopped it'],
  ['MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION', 'the deployment group is not set up for blue/green'],
  ['MISSING_ELB_INFORMATION', 'the deployment group names no load balancer'],
  ['MISSING_GITHUB_TOKEN', 'CodeDeploy has no access to GitHub'],
  ['NO_EC2_SUBSCRIPTION', 'the account is not signed up for EC2'],
  ['NO_INSTANCES', 'the deployment group has no instances'],
  ['OVER_MAX_INSTANCES', 'there are too many instances'],
  ['RESOURCE_LIMIT_EXCEEDED', 'a limit of the account is reached'],
  ['REVISION_MISSING', 'the revision is gone'],
  ['ROLLBACK_FAILED', 'it could not be rolled back either'],
  ['ROLLBACK_SUCCESSFUL', 'it was rolled back'],
  ['THROTTLED', 'AWS throttled the calls'],
  ['TIMEOUT', 'it took too long'],
]);

/** What an error code of a deployment means: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ErrorInformation.html */
export const deploymentErrorInWords = (code: string): string | undefined => IN_PLAIN_WORDS.get(code);

const CREATORS: ReadonlyMap<string, string> = new Map([
  ['user', 'a user'],
  ['autoscaling', 'Auto Scaling, for new instances'],
  ['autoscalingTermination', 'Auto Scaling, for instances that end'],
  ['codeDeployRollback', 'CodeDeploy, to roll back'],
  ['CodeDeploy', 'CodeDeploy'],
  ['CodeDeployAutoUpdate', 'CodeDeploy, for outdated instances'],
  ['ecsRollback', 'ECS, to roll back'],
  ['CloudFormation', 'CloudFormation'],
  ['CloudFormationRollback', 'CloudFormation, to roll back'],
]);

/** Who made a deployment, in words; undefined for a word of CodeDeploy's that is not known. */
export const creatorInWords = (creator: string): string | undefined => CREATORS.get(creator);
